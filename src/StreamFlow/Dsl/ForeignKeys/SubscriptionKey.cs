using System.Buffers;
using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>Key of the store of subscriptions.</summary>
/// <param name="ForeignKey">The foreign key.</param>
/// <param name="PrimaryKey">Key of the row that has it.</param>
internal readonly record struct SubscriptionKey<TOtherKey, TKey>(TOtherKey ForeignKey, TKey PrimaryKey);

/// <summary>
/// 4 bytes length of the foreign key, big-endian; the foreign key; the primary key. So the subscriptions of a foreign key lie together.
/// </summary>
internal sealed class SubscriptionKeySerde<TOtherKey, TKey>(ISerde<TOtherKey> foreignKeys, ISerde<TKey> primaryKeys)
    : ISerde<SubscriptionKey<TOtherKey, TKey>>
{
    private const int Prefix = sizeof(int);
    private readonly PooledBuffer _foreignKey = new();

    /// <summary>One for each place, because it has a buffer.</summary>
    public ISerde<SubscriptionKey<TOtherKey, TKey>> For(SerdeContext context) => new SubscriptionKeySerde<TOtherKey, TKey>(
        foreignKeys.For(new SerdeContext(context.Topic + "-fk", isKey: true, default(RecordHeaders))),
        primaryKeys.For(new SerdeContext(context.Topic + "-pk", isKey: true, default(RecordHeaders))));

    public void Serialize(SubscriptionKey<TOtherKey, TKey> value, IBufferWriter<byte> writer)
    {
        WritePrefix(value.ForeignKey, writer);
        primaryKeys.Serialize(value.PrimaryKey, writer);
    }

    /// <summary>Writes what all subscriptions of a foreign key begin with.</summary>
    public void WritePrefix(TOtherKey foreignKey, IBufferWriter<byte> writer)
    {
        _foreignKey.Clear();
        foreignKeys.Serialize(foreignKey, _foreignKey);
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(Prefix), _foreignKey.Length);
        writer.Advance(Prefix);
        writer.Write(_foreignKey.Written);
        _foreignKey.Trim();
    }

    public SubscriptionKey<TOtherKey, TKey> Deserialize(ReadOnlySpan<byte> data)
    {
        var end = Prefix + BinaryPrimitives.ReadInt32BigEndian(data);
        return new SubscriptionKey<TOtherKey, TKey>(
            foreignKeys.Deserialize(data[Prefix..end]), primaryKeys.Deserialize(data[end..]));
    }
}
