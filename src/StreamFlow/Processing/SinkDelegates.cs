namespace StreamFlow;

/// <summary>Chooses the topic a record is written to. The topic must exist.</summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
/// <param name="record">The record.</param>
/// <returns>Name of the topic.</returns>
public delegate string TopicNameExtractor<TKey, TValue>(Record<TKey, TValue> record);

/// <summary>Chooses the partitions a record is written to.</summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
/// <param name="topic">Name of the topic.</param>
/// <param name="record">The record.</param>
/// <param name="partitionCount">Number of partitions of the topic.</param>
/// <returns>A partition from 0, or what <see cref="Partitions"/> offers.</returns>
public delegate Partitions StreamPartitioner<TKey, TValue>(string topic, Record<TKey, TValue> record, int partitionCount);

/// <summary>
/// The partitions that a record is written to: one, which an <see cref="int"/> is taken for, or one of the choices here.
/// </summary>
/// <example><code>
/// Partitioner = (topic, order, count) => order.Value.IsForAll ? Partitions.All : order.Value.Shop % count
/// </code></example>
public readonly struct Partitions
{
    private readonly Choice _choice;
    private readonly int _one;
    private readonly int[]? _several;

    private Partitions(Choice choice, int one = 0, int[]? several = null) =>
        (_choice, _one, _several) = (choice, one, several);

    /// <summary>What the partitions are chosen by.</summary>
    internal enum Choice : byte
    {
        Default,
        None,
        All,
        One,
        Several,
    }

    /// <summary>Leave the choice to the default partitioner: by the hash of the key.</summary>
    public static Partitions Default => default;

    /// <summary>Send the record nowhere; it is counted as dropped.</summary>
    public static Partitions None => new(Choice.None);

    /// <summary>Send the record to every partition.</summary>
    public static Partitions All => new(Choice.All);

    internal Choice Kind => _choice;

    /// <summary>The partition, where it is one.</summary>
    internal int Single => _one;

    /// <summary>The partitions, where they are given one by one.</summary>
    internal ReadOnlySpan<int> Several => _several;

    /// <summary>Send the record to several partitions; to one that is given twice it is sent once.</summary>
    /// <param name="partitions">The partitions, from 0; none of them is <see cref="None"/>.</param>
    /// <returns>The choice.</returns>
    public static Partitions Of(params IEnumerable<int> partitions)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        int[] distinct = [.. partitions.Distinct()];
        return distinct.Length switch
        {
            0 => None,
            1 => Of(distinct[0]),
            _ => new Partitions(Choice.Several, 0, distinct),
        };
    }

    /// <summary>Send the record to one partition.</summary>
    /// <param name="partition">The partition, from 0.</param>
    /// <returns>The choice.</returns>
    public static Partitions Of(int partition) => new(Choice.One, partition);

    /// <summary>Send the record to one partition.</summary>
    /// <param name="partition">The partition, from 0.</param>
    public static implicit operator Partitions(int partition) => Of(partition);
}
