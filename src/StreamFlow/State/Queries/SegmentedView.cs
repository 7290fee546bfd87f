using System.Buffers;
using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>What views of window and session stores have in common.</summary>
/// <typeparam name="TKey">Key of the store: record key and times.</typeparam>
/// <typeparam name="TRecordKey">Key of the records.</typeparam>
/// <typeparam name="TValue">Value.</typeparam>
internal abstract class SegmentedView<TKey, TRecordKey, TValue>(
    StoreIdentity store, SegmentedKeyCodec<TKey> keys, ISerde<TRecordKey> recordKeys, ValueFormat<TValue> values)
    : StoreView(store)
{
    /// <summary>Looks one key up.</summary>
    protected bool TryRead(in TKey key, out ValueAndTimestamp<TValue> value)
    {
        var (bytes, stored) = (new PooledBuffer(), new PooledBuffer());
        bytes.Write(SegmentCleaner.StreamTimeKey);
        var expiry = new WindowExpiry(keys.Expiry.RetentionMs);
        if (TryGet(bytes, stored))
        {
            expiry.Load(BinaryPrimitives.ReadInt64BigEndian(stored.Written));
        }

        bytes.Clear();
        keys.WriteStoreKey(in key, bytes);
        stored.Clear();
        if (expiry.IsExpired(keys.TimeOf(in key)) || !TryGet(bytes, stored))
        {
            value = default;
            return false;
        }

        value = new ValueAndTimestamp<TValue>(values.Read(stored.Written, out var timestamp, out _), timestamp);
        return true;
    }

    /// <summary>What one record key has between two times; see <see cref="SegmentedKeyCodec{TKey}.Bound"/>.</summary>
    protected IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> ReadKey(
        TRecordKey key, long low, long high, bool reverse)
    {
        var (ranges, filter) = (new SegmentRanges(), new SegmentFilter());
        using var iterator = OpenAtStreamTime(out var expiry);
        var (earliest, latest) = keys.Bound(filter, expiry, low, high);
        recordKeys.Serialize(key, ranges.Key);
        ranges.SetForKey(expiry, earliest, latest, reverse);
        filter.SetKey(ranges.KeyBytes);
        foreach (var entry in Read(iterator, ranges, filter, reverse))
        {
            yield return entry;
        }
    }

    /// <summary>The same for all keys.</summary>
    protected IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> ReadKeys(long low, long high, bool reverse)
    {
        var (ranges, filter) = (new SegmentRanges(), new SegmentFilter());
        using var iterator = OpenAtStreamTime(out var expiry);
        var (earliest, latest) = keys.Bound(filter, expiry, low, high);
        ranges.SetForAll(expiry, earliest, latest);
        foreach (var entry in Read(iterator, ranges, filter, reverse))
        {
            yield return entry;
        }
    }

    private IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Read(
        ByteIterator iterator, SegmentRanges ranges, SegmentFilter filter, bool reverse)
    {
        while (ranges.MoveNext())
        {
            Guard((iterator, ranges, reverse), static x =>
            {
                x.iterator.Seek(x.ranges.From, x.ranges.To, x.reverse);
                return true;
            });
            while (MoveNext(iterator))
            {
                if (filter.Includes(iterator.Key))
                {
                    var value = values.Read(iterator.Value, out var timestamp, out _);
                    yield return new(keys.ReadStoreKey(iterator.Key), new ValueAndTimestamp<TValue>(value, timestamp));
                }
            }
        }
    }

    /// <summary>Opens the state of one moment, its stream time known.</summary>
    private ByteIterator OpenAtStreamTime(out WindowExpiry expiry)
    {
        expiry = new WindowExpiry(keys.Expiry.RetentionMs);
        var from = new PooledBuffer();
        from.Write(SegmentCleaner.StreamTimeKey);
        var iterator = Open(from, new PooledBuffer(), reverse: false);
        if (MoveNext(iterator))
        {
            expiry.Load(BinaryPrimitives.ReadInt64BigEndian(iterator.Value));
        }

        return iterator;
    }
}
