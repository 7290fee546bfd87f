namespace StreamFlow;

/// <summary>Chooses the topic a record is written to. The topic must exist.</summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
/// <param name="record">The record.</param>
/// <returns>Name of the topic.</returns>
public delegate string TopicNameExtractor<TKey, TValue>(Record<TKey, TValue> record);

/// <summary>Chooses the partition a record is written to.</summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
/// <param name="topic">Name of the topic.</param>
/// <param name="record">The record.</param>
/// <param name="partitionCount">Number of partitions of the topic.</param>
/// <returns>A partition from 0, or one of <see cref="Partitions"/>.</returns>
public delegate int StreamPartitioner<TKey, TValue>(string topic, Record<TKey, TValue> record, int partitionCount);

/// <summary>Answers of a <see cref="StreamPartitioner{TKey,TValue}"/> that are not one partition.</summary>
public static class Partitions
{
    /// <summary>Leave the choice to the default partitioner: by the hash of the key.</summary>
    public const int Default = -1;

    /// <summary>Send the record nowhere; it is counted as dropped.</summary>
    public const int None = -2;

    /// <summary>Send the record to every partition.</summary>
    public const int All = -3;
}
