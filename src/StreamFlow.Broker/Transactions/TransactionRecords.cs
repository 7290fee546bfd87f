using StreamFlow.Broker.Groups;

namespace StreamFlow.Broker.Transactions;

/// <summary>
/// The records of the transaction log, in the format of Kafka's own <c>__transaction_state</c>: version 1, whose tagged
/// fields are Kafka's three and, with numbers far above them, three that Kafka's readers skip. Version 0, written before
/// there was a version 2 of transactions, is still read.
/// </summary>
internal static class TransactionRecords
{
    private const short KeyVersion = 0;
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

    public static void WriteKey(FieldWriter writer, string transactionalId)
    {
        writer.Int16(KeyVersion);
        writer.String(transactionalId);
    }

    public static void WriteValue(FieldWriter writer, TransactionSnapshot value)
    {
        writer.Int16(FlexibleVersion);
        writer.Int64(value.Producer.ProducerId);
        writer.Int16(value.Producer.Epoch);
        writer.Int32(value.TimeoutMs);
        writer.Int8((sbyte)value.State);
        WritePartitions(writer, value.Partitions);
        writer.Int64(value.LastUpdateMs);
        writer.Int64(value.StartMs);
        WriteTags(writer, value);
    }

    /// <exception cref="InvalidDataException">The version is not one this broker reads.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static string ReadKey(byte[] key)
    {
        var reader = new WireReader(key);
        short version = reader.ReadInt16();
        return version == KeyVersion
            ? reader.ReadString()
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

    private static void WritePartitions(FieldWriter writer, IReadOnlyList<TransactionPartition> partitions)
    {
        List<IGrouping<string, TransactionPartition>> topics = [.. partitions.GroupBy(static x => x.Topic)];
        writer.CompactLength(topics.Count);
        foreach (IGrouping<string, TransactionPartition> topic in topics)
        {
            writer.CompactString(topic.Key);
            writer.CompactLength(topic.Count());
            foreach (TransactionPartition partition in topic)
            {
                writer.Int32(partition.Partition);
            }

            writer.UnsignedVarint(0);
        }
    }

    private static void WriteTags(FieldWriter writer, TransactionSnapshot value)
    {
        // Tags are in the order of their numbers, and left out where they say nothing.
        var tags = new List<(int Tag, FieldWriter Content)>();
        Add(value.Previous.ProducerId >= 0, PreviousProducerIdTag, x => x.Int64(value.Previous.ProducerId));
        Add(value.NextProducerId >= 0, NextProducerIdTag, x => x.Int64(value.NextProducerId));
        Add(value.Version != TransactionVersion.V0, ClientTransactionVersionTag, x => x.Int16((short)value.Version));
        Add(value.Previous.ProducerId >= 0, PreviousEpochTag, x => x.Int16(value.Previous.Epoch));
        Add(value.Unfinished is not null, UnfinishedTag, x =>
        {
            x.Int64(value.Unfinished!.Producer.ProducerId);
            x.Int16(value.Unfinished.Producer.Epoch);
            WritePartitions(x, value.Unfinished.Partitions);
        });
        Add(value.MustAbort, MustAbortTag, static _ => { });
        writer.UnsignedVarint((uint)tags.Count);
        foreach ((int tag, FieldWriter content) in tags)
        {
            writer.UnsignedVarint((uint)tag);
            writer.UnsignedVarint((uint)content.Written.Length);
            writer.Raw(content.Written);
        }

        void Add(bool isPresent, int tag, Action<FieldWriter> write)
        {
            if (isPresent)
            {
                var content = new FieldWriter();
                write(content);
                tags.Add((tag, content));
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
