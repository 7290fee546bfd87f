using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>How the keys of a typed store look in its byte store and in its changelog.</summary>
internal abstract class KeyCodec<TKey>
{
    /// <summary>
    /// Whether keys are compared as they are, by <see cref="Comparer"/>; else by the bytes of their store keys, because a
    /// type's own equality may see less than its serde writes.
    /// </summary>
    public abstract bool IsComparable { get; }

    /// <summary>Which keys are the same; null where the default comparer of a value type serves.</summary>
    public abstract IEqualityComparer<TKey>? Comparer { get; }

    public abstract void WriteStoreKey(in TKey key, PooledBuffer buffer);

    public abstract TKey ReadStoreKey(ReadOnlySpan<byte> bytes);

    /// <summary>The part of a store key that is the key in the changelog.</summary>
    public abstract ReadOnlySpan<byte> ChangelogKey(ReadOnlySpan<byte> storeKey);

    /// <summary>Whether the byte store still takes the key; a window may expire between write and flush.</summary>
    public virtual bool IsStored(in TKey key) => true;
}

/// <summary>The key's own bytes, everywhere.</summary>
internal sealed class PlainKeyCodec<TKey>(ISerde<TKey> serde) : KeyCodec<TKey>
{
    public override bool IsComparable => KeyComparers.IsComparable<TKey>();

    public override IEqualityComparer<TKey>? Comparer { get; } = KeyComparers.For<TKey>();

    public override void WriteStoreKey(in TKey key, PooledBuffer buffer) => serde.Serialize(key, buffer);

    public override TKey ReadStoreKey(ReadOnlySpan<byte> bytes) => serde.Deserialize(bytes);

    public override ReadOnlySpan<byte> ChangelogKey(ReadOnlySpan<byte> storeKey) => storeKey;
}
