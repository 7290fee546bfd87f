using System.Buffers;
using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>What a row asks of the partition of its foreign key. The numbers are those of Kafka Streams.</summary>
internal enum SubscriptionInstruction : byte
{
    /// <summary>Forget the row.</summary>
    Unsubscribe = 0,

    /// <summary>Forget the row, and answer that there is nothing.</summary>
    UnsubscribeAndAnswer = 1,

    /// <summary>Remember the row, and answer with the other row or that there is none.</summary>
    Answer = 2,

    /// <summary>Remember the row, and answer if there is another row.</summary>
    AnswerIfThere = 3,
}

/// <summary>A row of the left table as the partition of its foreign key knows it.</summary>
/// <param name="PrimaryKey">Key of the row.</param>
/// <param name="Instruction">What to do.</param>
/// <param name="Hash">Hash of its value; null if it is deleted.</param>
/// <param name="Partition">Partition of the row; null where Kafka Streams 3.3 or earlier wrote it.</param>
internal readonly record struct Subscription<TKey>(
    TKey PrimaryKey, SubscriptionInstruction Instruction, ValueHash? Hash, int? Partition);

/// <summary>
/// A byte version, 1, with the highest bit set if there is no hash; a byte instruction; 16 bytes hash; the key; 4 bytes partition.
/// Version 0 has no partition. Integers are big-endian.
/// </summary>
internal sealed class SubscriptionSerde<TKey>(ISerde<TKey> keys) : ISerde<Subscription<TKey>>
{
    private const byte Version = 1;
    private const byte NoHash = 0x80;
    private const int NoPartition = -1;

    public ISerde<Subscription<TKey>> For(SerdeContext context)
    {
        var placed = keys.For(new SerdeContext(context.Topic + "-pk", isKey: true, default(RecordHeaders)));
        return ReferenceEquals(placed, keys) ? this : new SubscriptionSerde<TKey>(placed);
    }

    public void Serialize(Subscription<TKey> value, IBufferWriter<byte> writer)
    {
        var hashBytes = value.Hash is null ? 0 : ValueHash.Length;
        var head = writer.GetSpan(2 + hashBytes);
        head[0] = value.Hash is null ? (byte)(Version | NoHash) : Version;
        head[1] = (byte)value.Instruction;
        value.Hash?.Write(head[2..]);
        writer.Advance(2 + hashBytes);
        keys.Serialize(value.PrimaryKey, writer);
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(sizeof(int)), value.Partition ?? NoPartition);
        writer.Advance(sizeof(int));
    }

    public Subscription<TKey> Deserialize(ReadOnlySpan<byte> data)
    {
        var (version, hasHash) = (data.IsEmpty ? -1 : data[0] & ~NoHash, !data.IsEmpty && (data[0] & NoHash) == 0);
        var head = 2 + (hasHash ? ValueHash.Length : 0);
        var tail = version == Version ? sizeof(int) : 0;
        if (version is not (0 or Version) || data.Length < head + tail
            || data[1] > (byte)SubscriptionInstruction.AnswerIfThere)
        {
            throw new FormatException(
                $"{data.Length} bytes are no subscription of a join by foreign key. Check that no other program writes to its topic.");
        }

        int? partition = tail > 0 ? BinaryPrimitives.ReadInt32BigEndian(data[^tail..]) : null;
        partition = partition == NoPartition ? null : partition;
        return new Subscription<TKey>(
            keys.Deserialize(data[head..^tail]),
            (SubscriptionInstruction)data[1],
            hasHash ? ValueHash.Read(data[2..]) : null,
            partition);
    }
}
