using System.Buffers;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>How the keys of a typed store look in its byte store and in its changelog.</summary>
/// <param name="isComparable">See <see cref="IsComparable"/>.</param>
/// <param name="comparer">See <see cref="Comparer"/>.</param>
internal abstract class KeyCodec<TKey>(bool isComparable, IEqualityComparer<TKey>? comparer)
{
    /// <summary>
    /// Whether keys are compared as they are, by <see cref="Comparer"/>; else by the bytes of their store keys, because a
    /// type's own equality may see less, or more, than its serde writes.
    /// </summary>
    public bool IsComparable => isComparable;

    /// <summary>Which keys are the same; null where the default comparer of a value type serves.</summary>
    public IEqualityComparer<TKey>? Comparer => comparer;

    public abstract void WriteStoreKey(in TKey key, PooledBuffer buffer);

    public abstract TKey ReadStoreKey(ReadOnlySpan<byte> bytes);

    /// <summary>The part of a store key that is the key in the changelog.</summary>
    public abstract ReadOnlySpan<byte> ChangelogKey(ReadOnlySpan<byte> storeKey);

    /// <summary>Whether the byte store still takes the key; a window may expire between write and flush.</summary>
    public virtual bool IsStored(in TKey key) => true;
}

/// <summary>The key's own bytes, everywhere.</summary>
internal sealed class PlainKeyCodec<TKey>(ISerde<TKey> serde)
    : KeyCodec<TKey>(KeyComparers.IsComparable(serde), KeyComparers.For<TKey>())
{
    public override void WriteStoreKey(in TKey key, PooledBuffer buffer) => serde.Serialize(key, buffer);

    public override TKey ReadStoreKey(ReadOnlySpan<byte> bytes) => serde.Deserialize(bytes);

    public override ReadOnlySpan<byte> ChangelogKey(ReadOnlySpan<byte> storeKey) => storeKey;
}

/// <summary>The key's own bytes, in the byte store behind a 0: what lies there beside rows has keys that begin otherwise.</summary>
internal sealed class MarkedKeyCodec<TKey>(ISerde<TKey> serde)
    : KeyCodec<TKey>(KeyComparers.IsComparable(serde), KeyComparers.For<TKey>())
{
    private const int MarkBytes = 1;

    /// <summary>The beginning of all keys.</summary>
    public static ReadOnlySpan<byte> Mark => [0];

    /// <summary>What comes behind all keys.</summary>
    public static ReadOnlySpan<byte> End => [1];

    public override void WriteStoreKey(in TKey key, PooledBuffer buffer)
    {
        buffer.Write(Mark);
        serde.Serialize(key, buffer);
    }

    public override TKey ReadStoreKey(ReadOnlySpan<byte> bytes) => serde.Deserialize(bytes[MarkBytes..]);

    public override ReadOnlySpan<byte> ChangelogKey(ReadOnlySpan<byte> storeKey) => storeKey[MarkBytes..];
}
