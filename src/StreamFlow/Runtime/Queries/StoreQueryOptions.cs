using StreamFlow.Records;

namespace StreamFlow;

/// <summary>What a reader of a store sees while the store's thread goes on.</summary>
public enum ReadIsolation
{
    /// <summary>
    /// What is committed, and nothing else: at most one commit interval old, never taken back, read without the store's thread
    /// knowing of it.
    /// </summary>
    Committed,

    /// <summary>
    /// All that was processed, record cache included; what is not committed may be taken back. The store's thread answers
    /// between two turns, so a read waits for it, and a read of many rows holds it up. Global stores are read as they are committed.
    /// </summary>
    Uncommitted,
}

/// <summary>How a store of a running application is read.</summary>
public sealed record StoreQueryOptions
{
    /// <summary>What is seen.</summary>
    /// <value>Default: <see cref="ReadIsolation.Committed"/>.</value>
    public ReadIsolation Isolation { get; init; }

    /// <summary>The one partition that is read.</summary>
    /// <value>Default: <see langword="null"/>, all that are here.</value>
    public int? Partition { get; init; }

    /// <summary>
    /// Whether what is being restored is read as far as it is: older than what was committed elsewhere. Otherwise a read that
    /// concerns it fails.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool AllowsRestoring { get; init; }

    /// <summary>
    /// Whether reads of several keys fail unless all partitions of the store are here. Otherwise they give what is here.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool RequiresAllPartitions { get; init; }

    /// <summary>
    /// Whether a key that is not found here is held to be missing only where its partition, by Kafka's default partitioner, is
    /// here; otherwise the read fails and names the partition. Set it to <see langword="false"/> for stores whose keys lie
    /// elsewhere: with a partitioner of your own, or written by a processor under keys other than those of its records.
    /// </summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool ChecksPlaceOfKeys { get; init; } = true;

    /// <summary>
    /// Input records that must be in what is read: positions in the topics that the store's sub-topology reads. A task that
    /// has not committed one of its own partitions fails the read; partitions of others do not count.
    /// </summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<RecordPosition> AtLeast { get; init; } = [];

    /// <summary>How long a read with <see cref="ReadIsolation.Uncommitted"/> waits for the store's thread.</summary>
    /// <value>Default: 30 seconds.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    internal static ArgumentOutOfRangeException Refuse(string option, object? value, string remedy) => new(option, value, remedy);

    internal void Check()
    {
        if (!Enum.IsDefined(Isolation))
        {
            throw Refuse(nameof(Isolation), Isolation, "Committed or Uncommitted.");
        }

        if (Partition < 0)
        {
            throw Refuse(nameof(Partition), Partition, "A partition from 0, or null for all.");
        }

        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromDays(1))
        {
            throw Refuse(nameof(Timeout), Timeout, $"More than zero and at most {Durations.Text(TimeSpan.FromDays(1))}.");
        }

        ArgumentNullException.ThrowIfNull(AtLeast, nameof(AtLeast));
    }
}
