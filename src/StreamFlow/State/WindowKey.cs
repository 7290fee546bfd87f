using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Key of a window store: record key and start of the window in milliseconds.</summary>
internal readonly record struct WindowKey<TKey>(TKey Key, long Start);

/// <summary>
/// Keys of a window store. In the byte store: 8 bytes segment, key, 8 bytes start, 4 bytes sequence number (0), so that
/// windows of a stretch of time lie together and expire by removing one range. In the changelog as Kafka Streams has it:
/// key, 8 bytes start, 4 bytes sequence number. All integers are big-endian.
/// </summary>
internal sealed class WindowKeyCodec<TKey> : KeyCodec<WindowKey<TKey>>
{
    public const int SuffixBytes = sizeof(long) + sizeof(int);

    private readonly ISerde<TKey> _serde;
    private readonly WindowExpiry _expiry;

    public WindowKeyCodec(ISerde<TKey> serde, WindowExpiry expiry)
    {
        _serde = serde;
        _expiry = expiry;
        Comparer = new WindowKeyComparer(KeyComparers.For(serde) ?? EqualityComparer<TKey>.Default);
    }

    public override IEqualityComparer<WindowKey<TKey>> Comparer { get; }

    public override bool IsStored(in WindowKey<TKey> key) => _expiry.SegmentOf(key.Start) >= _expiry.FirstLiveSegment;

    public override void WriteStoreKey(in WindowKey<TKey> key, PooledBuffer buffer)
    {
        SegmentCleaner.WriteSegment(_expiry.SegmentOf(key.Start), buffer);
        WriteChangelogKey(in key, buffer);
    }

    public override void WriteChangelogKey(in WindowKey<TKey> key, PooledBuffer buffer)
    {
        _serde.Serialize(key.Key, buffer);
        WriteSuffix(key.Start, buffer);
    }

    public override WindowKey<TKey> ReadStoreKey(ReadOnlySpan<byte> bytes) =>
        new(_serde.Deserialize(KeyOf(bytes)), StartOf(bytes));

    /// <summary>Bytes of the record key in a store key.</summary>
    public static ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> bytes) =>
        bytes[SegmentCleaner.SegmentBytes..^SuffixBytes];

    /// <summary>Start of the window, in a store key as well as in a changelog key.</summary>
    public static long StartOf(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64BigEndian(bytes[^SuffixBytes..]);

    public static void WriteSuffix(long start, PooledBuffer buffer)
    {
        var span = buffer.GetSpan(SuffixBytes);
        BinaryPrimitives.WriteInt64BigEndian(span, start);
        BinaryPrimitives.WriteInt32BigEndian(span[sizeof(long)..], 0);
        buffer.Advance(SuffixBytes);
    }

    private sealed class WindowKeyComparer(IEqualityComparer<TKey> keys) : IEqualityComparer<WindowKey<TKey>>
    {
        public bool Equals(WindowKey<TKey> x, WindowKey<TKey> y) => x.Start == y.Start && keys.Equals(x.Key, y.Key);

        public int GetHashCode([DisallowNull] WindowKey<TKey> obj) =>
            HashCode.Combine(keys.GetHashCode(obj.Key!), obj.Start);
    }
}

/// <summary>
/// Which entries of a byte range of a window store belong to a read: those that start in a stretch of time, both ends
/// included, and are of one key, if it is given. A range alone does not say so, because the start follows a key of any
/// length: between two starts of "k" there are also windows of keys that begin with "k".
/// </summary>
/// <param name="from">Lowest start.</param>
/// <param name="to">Highest start.</param>
/// <param name="key">Bytes of the record key, or null for all.</param>
internal sealed class WindowFilter(long from, long to, byte[]? key = null) : StoreKeyFilter
{
    public override bool Includes(ReadOnlySpan<byte> storeKey)
    {
        var start = WindowKeyCodec<long>.StartOf(storeKey);
        return start >= from
            && start <= to
            && (key is null || WindowKeyCodec<long>.KeyOf(storeKey).SequenceEqual(key));
    }
}
