using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Key of a session store: record key, first and last timestamp of the session.</summary>
internal readonly record struct SessionKey<TKey>(TKey Key, long Start, long End)
{
    /// <exception cref="ArgumentOutOfRangeException">There is no such session.</exception>
    public static void Check(long start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
    }
}

/// <summary>Keys of a session store, behind the segment of the end as in Kafka Streams: key, 8 bytes end, 8 bytes start.</summary>
internal sealed class SessionKeyCodec<TKey> : SegmentedKeyCodec<SessionKey<TKey>>
{
    private const int Suffix = 2 * sizeof(long);
    private const int StartAt = sizeof(long);
    private readonly ISerde<TKey> _serde;

    public SessionKeyCodec(ISerde<TKey> serde, WindowExpiry expiry)
        : base(
            KeyComparers.IsComparable(serde),
            new SessionKeyComparer(KeyComparers.For<TKey>() ?? EqualityComparer<TKey>.Default),
            expiry) =>
        _serde = serde;

    public override int SuffixBytes => Suffix;

    public override long TimeOf(in SessionKey<TKey> key) => key.End;

    public override long TimeOf(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64BigEndian(bytes[^Suffix..]);

    public override SessionKey<TKey> ReadStoreKey(ReadOnlySpan<byte> bytes) =>
        new(_serde.Deserialize(RecordKeyOf(bytes)), BinaryPrimitives.ReadInt64BigEndian(bytes[^StartAt..]), TimeOf(bytes));

    public static void WriteSuffix(long start, long end, PooledBuffer buffer)
    {
        var span = buffer.GetSpan(Suffix);
        BinaryPrimitives.WriteInt64BigEndian(span, end);
        BinaryPrimitives.WriteInt64BigEndian(span[sizeof(long)..], start);
        buffer.Advance(Suffix);
    }

    public override (long Earliest, long Latest) Bound(SegmentFilter filter, WindowExpiry expiry, long low, long high)
    {
        low = Math.Max(low, expiry.FirstLiveStart);
        filter.Set(Suffix, low, high, earliestAt: Suffix, latestAt: StartAt);
        return (low, expiry.StreamTime);
    }

    protected override void WriteChangelogKey(in SessionKey<TKey> key, PooledBuffer buffer)
    {
        _serde.Serialize(key.Key, buffer);
        WriteSuffix(key.Start, key.End, buffer);
    }

    private sealed class SessionKeyComparer(IEqualityComparer<TKey> keys) : IEqualityComparer<SessionKey<TKey>>
    {
        public bool Equals(SessionKey<TKey> x, SessionKey<TKey> y) =>
            x.Start == y.Start && x.End == y.End && keys.Equals(x.Key, y.Key);

        public int GetHashCode([DisallowNull] SessionKey<TKey> obj) =>
            HashCode.Combine(keys.GetHashCode(obj.Key!), obj.Start, obj.End);
    }
}
