using StreamFlow.Broker.Groups;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Transactions;

/// <summary>
/// The records of the transaction log, in the format of Kafka's own <c>__transaction_state</c>: version 1, whose tagged
/// fields are Kafka's three and, with numbers far above them, three that Kafka's readers skip. Version 0, written before
/// there was a version 2 of transactions, is still read.
/// </summary>
/// <remarks>
/// The value is written and read field by field, and not as a generated message: tagged fields stand in one section, in order, so what is not Kafka's cannot be
/// put behind a message that is.
/// </remarks>
internal static class TransactionRecords
{
    private const short KeyVersion = TransactionLogKey.RecordType;
    private const short ClassicVersion = 0;
    private const short FlexibleVersion = 1;

    private const int PreviousProducerIdTag = 0;
    private const int NextProducerIdTag = 1;
    private const int ClientTransactionVersionTag = 2;

    /// <summary>The epoch that belongs to the previous producer id; Kafka keeps it in memory only.</summary>
    private const int PreviousEpochTag = 100;

    /// <summary>See <see cref="UnfinishedCommit"/>.</summary>
    private const int UnfinishedTag = 101;

    /// <summary>See <see cref="TransactionSnapshot.MustAbort"/>; there or not, without a content.</summary>
    private const int MustAbortTag = 102;

    public static void WriteKey(WireWriter writer, string transactionalId) =>
        StoredValues.WriteKey(writer, KeyVersion, new TransactionLogKey { TransactionalId = transactionalId });

    public static void WriteValue(WireWriter writer, TransactionSnapshot value)
    {
        writer.Reset();
        writer.Flexible = true;
        writer.WriteInt16(FlexibleVersion);
        writer.WriteInt64(value.Producer.ProducerId);
        writer.WriteInt16(value.Producer.Epoch);
        writer.WriteInt32(value.TimeoutMs);
        writer.WriteInt8((sbyte)value.State);
        WritePartitions(writer, value.Partitions);
        writer.WriteInt64(value.LastUpdateMs);
        writer.WriteInt64(value.StartMs);
        WriteTags(writer, value);
    }

    /// <exception cref="InvalidDataException">The version is not one this broker reads.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static string ReadKey(byte[] key)
    {
        var reader = new WireReader(key);
        short version = reader.ReadInt16();
        return version == KeyVersion
            ? TransactionLogKey.Read(ref reader).TransactionalId
            : throw new InvalidDataException(
                $"its key has version {version}; this broker reads version {KeyVersion}.");
    }

    /// <exception cref="InvalidDataException">The version or the state is not one this broker reads.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static TransactionSnapshot ReadValue(byte[] value)
    {
        var reader = new WireReader(value);
        short version = reader.ReadInt16();
        if (version is not (ClassicVersion or FlexibleVersion))
        {
            throw new InvalidDataException(
                $"its value has version {version}; this broker reads versions {ClassicVersion} and {FlexibleVersion}.");
        }

        reader.Flexible = version == FlexibleVersion;
        var snapshot = new TransactionSnapshot
        {
            Producer = new ProducerIdentity(reader.ReadInt64(), reader.ReadInt16()),
            TimeoutMs = reader.ReadInt32(),
            State = (TransactionState)reader.ReadInt8(),
            Partitions = ReadPartitions(ref reader),
            LastUpdateMs = reader.ReadInt64(),
            StartMs = reader.ReadInt64(),
        };
        snapshot = reader.Flexible
            ? ReadTags(ref reader, snapshot)
            : snapshot with { Previous = new ProducerIdentity(reader.ReadInt64(), reader.ReadInt16()) };
        return snapshot.State is >= TransactionState.Empty and <= TransactionState.CompleteAbort
            ? snapshot
            : throw new InvalidDataException($"its state {(byte)snapshot.State} is unknown.");
    }

    private static void WritePartitions(WireWriter writer, IReadOnlyList<TransactionPartition> partitions) => writer.WriteArray(
        [
            .. partitions.GroupBy(static x => x.Topic).Select(static topic => new TransactionLogValueTransactionPartitions
            {
                Topic = topic.Key, PartitionIds = [.. topic.Select(static x => x.Partition)],
            }),
        ]);

    private static void WriteTags(WireWriter writer, TransactionSnapshot value)
    {
        // Tags are in the order of their numbers, and left out where they say nothing.
        var tags = new List<(uint Tag, Action Write)>();
        Add(value.Previous.ProducerId >= 0, PreviousProducerIdTag, () => writer.WriteInt64(value.Previous.ProducerId));
        Add(value.NextProducerId >= 0, NextProducerIdTag, () => writer.WriteInt64(value.NextProducerId));
        Add(value.Version != TransactionVersion.V0, ClientTransactionVersionTag, () => writer.WriteInt16((short)value.Version));
        Add(value.Previous.ProducerId >= 0, PreviousEpochTag, () => writer.WriteInt16(value.Previous.Epoch));
        Add(value.Unfinished is not null, UnfinishedTag, () =>
        {
            writer.WriteInt64(value.Unfinished!.Producer.ProducerId);
            writer.WriteInt16(value.Unfinished.Producer.Epoch);
            WritePartitions(writer, value.Unfinished.Partitions);
        });
        Add(value.MustAbort, MustAbortTag, static () => { });
        writer.WriteUnsignedVarint((uint)tags.Count);
        foreach ((uint tag, Action write) in tags)
        {
            int mark = writer.BeginTag(tag);
            write();
            writer.EndTag(mark);
        }

        void Add(bool isPresent, uint tag, Action write)
        {
            if (isPresent)
            {
                tags.Add((tag, write));
            }
        }
    }

    private static TransactionPartition[] ReadPartitions(ref WireReader reader) =>
    [
        .. (reader.ReadNullableArray(ReadTopic) ?? []).SelectMany(static topic =>
            topic.Partitions.Select(partition => new TransactionPartition(topic.Name, partition))),
    ];

    private static (string Name, int[] Partitions) ReadTopic(ref WireReader reader)
    {
        (string, int[]) topic = (reader.ReadString(), reader.ReadInt32Array());
        reader.SkipTags();
        return topic;
    }

    private static TransactionSnapshot ReadTags(ref WireReader reader, TransactionSnapshot snapshot)
    {
        uint count = reader.ReadUnsignedVarint();
        for (uint i = 0; i < count; i++)
        {
            uint tag = reader.ReadUnsignedVarint();
            uint size = reader.ReadUnsignedVarint();
            int end = reader.Remaining - (int)size;
            snapshot = tag switch
            {
                PreviousProducerIdTag => snapshot with
                {
                    Previous = snapshot.Previous with { ProducerId = reader.ReadInt64() },
                },
                NextProducerIdTag => snapshot with { NextProducerId = reader.ReadInt64() },
                ClientTransactionVersionTag => snapshot with { Version = (TransactionVersion)reader.ReadInt16() },
                PreviousEpochTag => snapshot with
                {
                    Previous = snapshot.Previous with { Epoch = reader.ReadInt16() },
                },
                UnfinishedTag => snapshot with
                {
                    Unfinished = new UnfinishedCommit(
                        new ProducerIdentity(reader.ReadInt64(), reader.ReadInt16()), ReadPartitions(ref reader)),
                },
                MustAbortTag => snapshot with { MustAbort = true },
                _ => snapshot,
            };
            while (reader.Remaining > end)
            {
                reader.ReadInt8();
            }
        }

        return snapshot;
    }
}
