using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;

namespace StreamFlow.Broker.Transactions;

/// <summary>
/// The records of the transaction log, in the format of Kafka's own <c>__transaction_state</c> (version 0), followed by
/// the previous producer and whether the transaction must abort, which its readers ignore.
/// </summary>
internal static class TransactionRecords
{
    private const short KeyVersion = 0;
    private const short ValueVersion = 0;

    public static void WriteKey(FieldWriter writer, string transactionalId)
    {
        writer.Int16(KeyVersion);
        writer.String(transactionalId);
    }

    public static void WriteValue(FieldWriter writer, TransactionSnapshot value)
    {
        writer.Int16(ValueVersion);
        writer.Int64(value.Producer.ProducerId);
        writer.Int16(value.Producer.Epoch);
        writer.Int32(value.TimeoutMs);
        writer.Int8((sbyte)value.State);
        WritePartitions(writer, value.Partitions);
        writer.Int64(value.LastUpdateMs);
        writer.Int64(value.StartMs);
        writer.Int64(value.Previous.ProducerId);
        writer.Int16(value.Previous.Epoch);
        writer.Int8(value.MustAbort ? (sbyte)1 : (sbyte)0);
    }

    /// <exception cref="InvalidDataException">The version is not one this broker writes.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static string ReadKey(byte[] key)
    {
        var reader = new WireReader(key);
        RequireVersion(reader.ReadInt16(), KeyVersion, "key");
        return reader.ReadString();
    }

    /// <exception cref="InvalidDataException">The version or the state is not one this broker writes.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static TransactionSnapshot ReadValue(byte[] value)
    {
        var reader = new WireReader(value);
        RequireVersion(reader.ReadInt16(), ValueVersion, "value");
        var snapshot = new TransactionSnapshot
        {
            Producer = new ProducerIdentity(reader.ReadInt64(), reader.ReadInt16()),
            TimeoutMs = reader.ReadInt32(),
            State = (TransactionState)reader.ReadInt8(),
            Partitions =
            [
                .. (reader.ReadNullableArray(ReadTopic) ?? []).SelectMany(static topic =>
                    topic.Partitions.Select(partition => new TransactionPartition(topic.Name, partition))),
            ],
            LastUpdateMs = reader.ReadInt64(),
            StartMs = reader.ReadInt64(),
            Previous = new ProducerIdentity(reader.ReadInt64(), reader.ReadInt16()),

            // Records of earlier versions end here.
            MustAbort = reader.Remaining > 0 && reader.ReadBool(),
        };
        return snapshot.State is >= TransactionState.Empty and <= TransactionState.CompleteAbort
            ? snapshot
            : throw new InvalidDataException($"its state {(byte)snapshot.State} is unknown.");
    }

    private static void WritePartitions(FieldWriter writer, IReadOnlyList<TransactionPartition> partitions)
    {
        List<IGrouping<string, TransactionPartition>> topics = [.. partitions.GroupBy(static x => x.Topic)];
        writer.Int32(topics.Count);
        foreach (IGrouping<string, TransactionPartition> topic in topics)
        {
            writer.String(topic.Key);
            writer.Int32(topic.Count());
            foreach (TransactionPartition partition in topic)
            {
                writer.Int32(partition.Partition);
            }
        }
    }

    private static (string Name, int[] Partitions) ReadTopic(ref WireReader reader) =>
        (reader.ReadString(), reader.ReadInt32Array());

    private static void RequireVersion(short version, short expected, string what)
    {
        if (version != expected)
        {
            throw new InvalidDataException($"its {what} has version {version}; this broker reads version {expected}.");
        }
    }
}
