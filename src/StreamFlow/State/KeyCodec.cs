using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>How the keys of a typed store look in its byte store and in its changelog.</summary>
internal abstract class KeyCodec<TKey>
{
    /// <summary>Which keys are the same; null where the default comparer of a value type serves.</summary>
    public abstract IEqualityComparer<TKey>? Comparer { get; }

    public abstract void WriteStoreKey(in TKey key, PooledBuffer buffer);

    public abstract TKey ReadStoreKey(ReadOnlySpan<byte> bytes);

    public abstract void WriteChangelogKey(in TKey key, PooledBuffer buffer);

    /// <summary>Whether the byte store still takes the key; a window may expire between write and flush.</summary>
    public virtual bool IsStored(in TKey key) => true;
}

/// <summary>Which entries of a range of store keys belong to a read.</summary>
internal abstract class StoreKeyFilter
{
    public abstract bool Includes(ReadOnlySpan<byte> storeKey);
}

/// <summary>The key's own bytes, everywhere.</summary>
internal sealed class PlainKeyCodec<TKey>(ISerde<TKey> serde) : KeyCodec<TKey>
{
    public override IEqualityComparer<TKey>? Comparer { get; } = KeyComparers.For(serde);

    public override void WriteStoreKey(in TKey key, PooledBuffer buffer) => serde.Serialize(key, buffer);

    public override TKey ReadStoreKey(ReadOnlySpan<byte> bytes) => serde.Deserialize(bytes);

    public override void WriteChangelogKey(in TKey key, PooledBuffer buffer) => serde.Serialize(key, buffer);
}
