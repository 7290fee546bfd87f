using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Key of a versioned store: record key and the time from which the version is valid.</summary>
internal readonly record struct VersionKey<TKey>(TKey Key, long Timestamp);

/// <summary>
/// Keys of a versioned store. In the byte store: 4 bytes length of the key, key, 8 bytes timestamp, so that the versions of a
/// key lie together by time and no other key comes between. In the changelog the key alone. Integers are big-endian.
/// </summary>
internal sealed class VersionKeyCodec<TKey> : KeyCodec<VersionKey<TKey>>
{
    private const int Prefix = sizeof(int);
    private const int Suffix = sizeof(long);
    private readonly ISerde<TKey> _serde;
    private readonly PooledBuffer _key = new();

    public VersionKeyCodec(ISerde<TKey> serde)
        : base(
            KeyComparers.IsComparable(serde),
            new VersionKeyComparer(KeyComparers.For<TKey>() ?? EqualityComparer<TKey>.Default)) =>
        _serde = serde;

    public override void WriteStoreKey(in VersionKey<TKey> key, PooledBuffer buffer)
    {
        _key.Clear();
        _serde.Serialize(key.Key, _key);
        WriteStoreKey(_key.Written, key.Timestamp, buffer);
    }

    public override VersionKey<TKey> ReadStoreKey(ReadOnlySpan<byte> bytes) =>
        new(_serde.Deserialize(ChangelogKey(bytes)), TimestampOf(bytes));

    /// <summary>The time from which the version of a store key is valid.</summary>
    public static long TimestampOf(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64BigEndian(bytes[^Suffix..]);

    public override ReadOnlySpan<byte> ChangelogKey(ReadOnlySpan<byte> storeKey) => storeKey[Prefix..^Suffix];

    /// <summary>The store key of a version whose record key is serialized.</summary>
    public static void WriteStoreKey(ReadOnlySpan<byte> key, long timestamp, PooledBuffer buffer)
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer.GetSpan(Prefix), key.Length);
        buffer.Advance(Prefix);
        buffer.Write(key);
        BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(Suffix), timestamp);
        buffer.Advance(Suffix);
    }

    private sealed class VersionKeyComparer(IEqualityComparer<TKey> keys) : IEqualityComparer<VersionKey<TKey>>
    {
        public bool Equals(VersionKey<TKey> x, VersionKey<TKey> y) => x.Timestamp == y.Timestamp && keys.Equals(x.Key, y.Key);

        public int GetHashCode([DisallowNull] VersionKey<TKey> obj) => HashCode.Combine(keys.GetHashCode(obj.Key!), obj.Timestamp);
    }
}

/// <summary>A version: a value, or that there was none from then on.</summary>
internal readonly record struct RowVersion<TValue>(TValue Value, bool HasValue);

/// <summary>Writes a version: one byte that says whether there is a value, then the value.</summary>
internal sealed class VersionSerde<TValue>(ISerde<TValue> serde) : ISerde<RowVersion<TValue>>
{
    public void Serialize(RowVersion<TValue> value, IBufferWriter<byte> writer)
    {
        writer.GetSpan(1)[0] = value.HasValue ? (byte)1 : (byte)0;
        writer.Advance(1);
        if (value.HasValue)
        {
            serde.Serialize(value.Value, writer);
        }
    }

    public RowVersion<TValue> Deserialize(ReadOnlySpan<byte> data) =>
        data[0] == 0 ? default : new RowVersion<TValue>(serde.Deserialize(data[1..]), HasValue: true);
}
