using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using StreamFlow.State;

namespace StreamFlow.Testing;

/// <summary>How a <see cref="TopologyTestDriver"/> runs its topology.</summary>
public sealed record TopologyTestDriverOptions
{
    /// <summary>
    /// The application's settings, best the very ones it runs with: names, record cache, error handlers, dead letter
    /// topic and task idling have their effect here too. Intervals and folders have none: the driver commits after
    /// every record and keeps no data.
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

    /// <summary>Opens persistent stores, in a temporary folder that is deleted with the driver.</summary>
    /// <value>Default: <see langword="null"/>, all stores are in memory.</value>
    public IStoreBackendFactory? StoreBackend { get; init; }

    /// <summary>Gets the engine's log messages.</summary>
    /// <value>Default: <see langword="null"/>, nobody does.</value>
    public ILogger? Logger { get; init; }
}
