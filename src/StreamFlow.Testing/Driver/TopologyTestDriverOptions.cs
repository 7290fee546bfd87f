using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using StreamFlow.State;

namespace StreamFlow.Testing;

/// <summary>How a <see cref="TopologyTestDriver"/> runs its topology.</summary>
public sealed record TopologyTestDriverOptions
{
    /// <summary>
    /// The application's settings, best the very ones it runs with: names, guarantee, record cache, error handlers, dead
    /// letter topic and task idling have their effect here too. Folders have none, the number of threads is always one, and
    /// the commit interval counts where <see cref="CommitsByInterval"/> says so.
    /// </summary>
    /// <value>Default: the defaults, under the application id <c>test-driver</c>.</value>
    public StreamFlowOptions Application { get; init; } = new() { ApplicationId = "test-driver" };

    /// <summary>What the wall clock shows first.</summary>
    /// <value>Default: 2000-01-01T00:00Z.</value>
    public DateTimeOffset StartTime { get; init; } = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Number of partitions by topic name; with more than one, records go to several tasks as on a cluster. Repartition
    /// topics and changelogs follow as in production, and co-partitioning is checked. A topic that the topology neither reads
    /// nor writes is refused, unless records choose their topics.
    /// </summary>
    /// <value>Default: empty; a topic that is not named has 1 partition.</value>
    public IReadOnlyDictionary<string, int> Partitions { get; init; } = new Dictionary<string, int>();

    /// <summary>
    /// Whether commits come as in production: when <see cref="StreamFlowOptions.CommitInterval"/> has passed on the wall clock
    /// (<see cref="TopologyTestDriver.AdvanceWallClock"/>), when too much is uncommitted, when a processor asks for it, and at
    /// <see cref="TopologyTestDriver.Commit"/>. So the record cache merges updates in between, with exactly-once nothing is
    /// seen of a transaction before its commit, and <see cref="TopologyTestDriver.Crash"/> finds something to lose.
    /// </summary>
    /// <value>Default: <see langword="false"/>, the driver commits after every record.</value>
    public bool CommitsByInterval { get; init; }

    /// <summary>Opens persistent stores, in a temporary folder that is deleted with the driver.</summary>
    /// <value>Default: <see langword="null"/>, all stores are in memory.</value>
    public IStoreBackendFactory? StoreBackend { get; init; }

    /// <summary>Gets the engine's log messages.</summary>
    /// <value>Default: <see langword="null"/>, nobody does.</value>
    public ILogger? Logger { get; init; }
}
