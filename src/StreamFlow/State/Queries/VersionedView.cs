using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Reads the committed state of a versioned store.</summary>
internal sealed class VersionedView<TKey, TValue>(
    StoreIdentity store, ISerde<TKey> keySerde, ValueFormat<RowVersion<TValue>> values, long retentionMs)
    : StoreView(store), IReadOnlyVersionedKeyValueStore<TKey, TValue>
{
    internal override string Kind => $"a versioned store of {typeof(TKey)} and {typeof(TValue)}";

    internal override object RecordKeys => keySerde;

    public bool TryGet(TKey key, out ValueAndTimestamp<TValue> value) => TryGet(key, long.MaxValue, out value);

    public bool TryGet(TKey key, long asOf, out ValueAndTimestamp<TValue> value)
    {
        value = default;
        if (asOf < 0)
        {
            return false;
        }

        var bytes = new PooledBuffer();
        keySerde.Serialize(key, bytes);
        var expiry = new WindowExpiry(retentionMs);
        using var versions = SegmentCleaner.OpenAtStreamTime(Bytes, expiry);
        Seek(versions, bytes, 0, asOf);
        if (!versions.MoveNext())
        {
            return false;
        }

        var version = values.Read(versions.Value, out _, out _);
        var since = VersionKeyCodec<TKey>.TimestampOf(versions.Key);
        if (!version.HasValue)
        {
            return false;
        }

        if (asOf < expiry.FirstLiveStart)
        {
            // Before the history only a version that still is valid is known for sure.
            Seek(versions, bytes, since + 1, long.MaxValue);
            if (versions.MoveNext())
            {
                return false;
            }
        }

        value = new ValueAndTimestamp<TValue>(version.Value, since);
        return true;
    }

    /// <summary>Goes to the versions of a key that became valid between two times, the latest first.</summary>
    private static void Seek(ByteIterator versions, PooledBuffer key, long from, long to)
    {
        var (first, last) = (new PooledBuffer(), new PooledBuffer());
        VersionKeyCodec<TKey>.WriteStoreKey(key.Written, from, first);
        VersionKeyCodec<TKey>.WriteStoreKey(key.Written, to, last);
        ByteRanges.MakeNext(last);
        versions.Seek(first.Written, last.Written, reverse: true);
    }
}
