using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Key of a session store: record key, first and last timestamp of the session.</summary>
internal readonly record struct SessionKey<TKey>(TKey Key, long Start, long End);

/// <summary>
/// Keys of a session store. In the byte store: 8 bytes segment of the end, key, 8 bytes end, 8 bytes start. In the
/// changelog as Kafka Streams has it: key, 8 bytes end, 8 bytes start. All integers are big-endian.
/// </summary>
internal sealed class SessionKeyCodec<TKey> : KeyCodec<SessionKey<TKey>>
{
    public const int SuffixBytes = 2 * sizeof(long);

    private readonly ISerde<TKey> _serde;
    private readonly WindowExpiry _expiry;

    public SessionKeyCodec(ISerde<TKey> serde, WindowExpiry expiry)
    {
        _serde = serde;
        _expiry = expiry;
        Comparer = new SessionKeyComparer(KeyComparers.For(serde) ?? EqualityComparer<TKey>.Default);
    }

    public override IEqualityComparer<SessionKey<TKey>> Comparer { get; }

    public override bool IsStored(in SessionKey<TKey> key) => _expiry.SegmentOf(key.End) >= _expiry.FirstLiveSegment;

    public override void WriteStoreKey(in SessionKey<TKey> key, PooledBuffer buffer)
    {
        SegmentCleaner.WriteSegment(_expiry.SegmentOf(key.End), buffer);
        WriteChangelogKey(in key, buffer);
    }

    public override void WriteChangelogKey(in SessionKey<TKey> key, PooledBuffer buffer)
    {
        _serde.Serialize(key.Key, buffer);
        WriteSuffix(key.Start, key.End, buffer);
    }

    public override SessionKey<TKey> ReadStoreKey(ReadOnlySpan<byte> bytes) =>
        new(_serde.Deserialize(KeyOf(bytes)), StartOf(bytes), EndOf(bytes));

    /// <summary>Bytes of the record key in a store key.</summary>
    public static ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> bytes) =>
        bytes[SegmentCleaner.SegmentBytes..^SuffixBytes];

    public static long StartOf(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadInt64BigEndian(bytes[^sizeof(long)..]);

    public static long EndOf(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64BigEndian(bytes[^SuffixBytes..]);

    public static void WriteSuffix(long start, long end, PooledBuffer buffer)
    {
        var span = buffer.GetSpan(SuffixBytes);
        BinaryPrimitives.WriteInt64BigEndian(span, end);
        BinaryPrimitives.WriteInt64BigEndian(span[sizeof(long)..], start);
        buffer.Advance(SuffixBytes);
    }

    private sealed class SessionKeyComparer(IEqualityComparer<TKey> keys) : IEqualityComparer<SessionKey<TKey>>
    {
        public bool Equals(SessionKey<TKey> x, SessionKey<TKey> y) =>
            x.Start == y.Start && x.End == y.End && keys.Equals(x.Key, y.Key);

        public int GetHashCode([DisallowNull] SessionKey<TKey> obj) =>
            HashCode.Combine(keys.GetHashCode(obj.Key!), obj.Start, obj.End);
    }
}

/// <summary>Sessions that end at or after one time and start at or before another; of one key, if it is given.</summary>
/// <param name="earliestEnd">Lowest end.</param>
/// <param name="latestStart">Highest start.</param>
/// <param name="key">Bytes of the record key, or null for all.</param>
internal sealed class SessionFilter(long earliestEnd, long latestStart, byte[]? key) : StoreKeyFilter
{
    public override bool Includes(ReadOnlySpan<byte> storeKey) =>
        SessionKeyCodec<long>.EndOf(storeKey) >= earliestEnd
        && SessionKeyCodec<long>.StartOf(storeKey) <= latestStart
        && (key is null || SessionKeyCodec<long>.KeyOf(storeKey).SequenceEqual(key));
}
