using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Key of a window store: record key, start of the window in milliseconds and, where records of one key and start are
/// kept side by side, a number that tells them apart.
/// </summary>
internal readonly record struct WindowKey<TKey>(TKey Key, long Start, int Sequence = 0);

/// <summary>Keys of a window store, behind the segment as in Kafka Streams: key, 8 bytes start, 4 bytes sequence number.</summary>
internal sealed class WindowKeyCodec<TKey> : SegmentedKeyCodec<WindowKey<TKey>>
{
    private const int Suffix = sizeof(long) + sizeof(int);
    private readonly ISerde<TKey> _serde;

    public WindowKeyCodec(ISerde<TKey> serde, WindowExpiry expiry)
        : base(
            KeyComparers.IsComparable(serde),
            new WindowKeyComparer(KeyComparers.For<TKey>() ?? EqualityComparer<TKey>.Default),
            expiry) =>
        _serde = serde;

    public override int SuffixBytes => Suffix;

    public override long TimeOf(in WindowKey<TKey> key) => key.Start;

    public override long TimeOf(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64BigEndian(bytes[^Suffix..]);

    public override WindowKey<TKey> ReadStoreKey(ReadOnlySpan<byte> bytes) =>
        new(_serde.Deserialize(RecordKeyOf(bytes)), TimeOf(bytes), SequenceOf(bytes));

    public static int SequenceOf(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32BigEndian(bytes[^sizeof(int)..]);

    public static void WriteSuffix(long start, int sequence, PooledBuffer buffer)
    {
        var span = buffer.GetSpan(Suffix);
        BinaryPrimitives.WriteInt64BigEndian(span, start);
        BinaryPrimitives.WriteInt32BigEndian(span[sizeof(long)..], sequence);
        buffer.Advance(Suffix);
    }

    public override (long Earliest, long Latest) Bound(SegmentFilter filter, WindowExpiry expiry, long low, long high)
    {
        low = Math.Max(low, expiry.FirstLiveStart);
        high = Math.Min(high, expiry.StreamTime);
        filter.Set(Suffix, low, high, earliestAt: Suffix, latestAt: Suffix);
        return (low, high);
    }

    protected override void WriteChangelogKey(in WindowKey<TKey> key, PooledBuffer buffer)
    {
        _serde.Serialize(key.Key, buffer);
        WriteSuffix(key.Start, key.Sequence, buffer);
    }

    private sealed class WindowKeyComparer(IEqualityComparer<TKey> keys) : IEqualityComparer<WindowKey<TKey>>
    {
        public bool Equals(WindowKey<TKey> x, WindowKey<TKey> y) =>
            x.Start == y.Start && x.Sequence == y.Sequence && keys.Equals(x.Key, y.Key);

        public int GetHashCode([DisallowNull] WindowKey<TKey> obj) =>
            HashCode.Combine(keys.GetHashCode(obj.Key!), obj.Start, obj.Sequence);
    }
}
