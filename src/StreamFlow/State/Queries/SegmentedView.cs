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
    internal override object RecordKeys => recordKeys;

    /// <summary>Looks one key up.</summary>
    protected bool TryRead(in TKey key, out ValueAndTimestamp<TValue> value)
    {
        var (bytes, stored) = (new PooledBuffer(), new PooledBuffer());
        bytes.Write(SegmentCleaner.StreamTimeKey);
        var expiry = new WindowExpiry(keys.Expiry.RetentionMs);
        if (Bytes.TryGet(bytes.Written, stored))
        {
            expiry.Load(BinaryPrimitives.ReadInt64BigEndian(stored.Written));
        }

        bytes.Clear();
        keys.WriteStoreKey(in key, bytes);
        stored.Clear();
        if (expiry.IsExpired(keys.TimeOf(in key)) || !Bytes.TryGet(bytes.Written, stored))
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
        var expiry = new WindowExpiry(keys.Expiry.RetentionMs);
        using var iterator = SegmentCleaner.OpenAtStreamTime(Bytes, expiry);
        var (earliest, latest) = keys.Bound(filter, expiry, low, high);
        recordKeys.Serialize(key, ranges.Key);
        ranges.SetForKey(expiry, earliest, latest, reverse);
        filter.SetKey(ranges.KeyBytes);
        foreach (var entry in Read(iterator, ranges, filter, reverse))
        {
            yield return entry;
        }
    }

    /// <summary>The same for the keys in a range.</summary>
    protected IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> ReadKeys(
        KeyRange<TRecordKey> range, long low, long high, bool reverse)
    {
        var (ranges, filter) = (new SegmentRanges(), new SegmentFilter());
        var expiry = new WindowExpiry(keys.Expiry.RetentionMs);
        using var iterator = SegmentCleaner.OpenAtStreamTime(Bytes, expiry);
        var (earliest, latest) = keys.Bound(filter, expiry, low, high);
        if (range.HasFirst || range.HasLast)
        {
            ranges.SetForKeys(in range, recordKeys, filter, expiry, earliest, latest, reverse);
        }
        else
        {
            ranges.SetForAll(expiry, earliest, latest);
        }

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
            iterator.Seek(ranges.From, ranges.To, reverse);
            while (iterator.MoveNext())
            {
                if (filter.Includes(iterator.Key))
                {
                    var value = values.Read(iterator.Value, out var timestamp, out _);
                    yield return new(keys.ReadStoreKey(iterator.Key), new ValueAndTimestamp<TValue>(value, timestamp));
                }
            }
        }
    }
}
