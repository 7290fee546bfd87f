using System.Numerics;
using System.Runtime.CompilerServices;

namespace StreamFlow.State;

/// <summary>
/// A hash table whose entries lie in one array, so that a hit costs one probe and a reference into it can be handed out.
/// References stay valid until the next <see cref="Add"/>.
/// </summary>
internal sealed class EntrySlab<TKey, TValue>
{
    private const int InitialCapacity = 16;
    private const int MinCompacted = 1024;
    private const int FreeSlot = -2;
    private readonly IEqualityComparer<TKey>? _comparer;
    private int[] _buckets = new int[InitialCapacity];
    private Slot[] _slots = new Slot[InitialCapacity];
    private int _used;
    private int _freeHead = -1;

    public EntrySlab(IEqualityComparer<TKey>? comparer)
    {
        if (!typeof(TKey).IsValueType)
        {
            comparer ??= EqualityComparer<TKey>.Default;
        }

        _comparer = comparer;
    }

    public int Count { get; private set; }

    /// <summary>Slots in use or free: the ring that the clock goes round.</summary>
    public int Capacity => _used;

    /// <summary>Bytes of one slot with its bucket, without key and value.</summary>
    public static int SlotBytes { get; } = Unsafe.SizeOf<Slot>() + sizeof(int);

    public ref CacheEntry<TValue> this[int slot] => ref _slots[slot].Entry;

    public ref readonly TKey Key(int slot) => ref _slots[slot].Key;

    /// <summary>Bytes of a slot's store key, where keys are compared by them.</summary>
    public byte[]? KeyBytes(int slot) => _slots[slot].KeyBytes;

    public bool IsFree(int slot) => _slots[slot].Next <= FreeSlot;

    /// <summary>Whether a reference is that of the entry in the slot it names, so that it may be written to.</summary>
    public bool IsCurrent(ref CacheEntry<TValue> entry) =>
        (uint)entry.Slot < (uint)_used && Unsafe.AreSame(ref entry, ref _slots[entry.Slot].Entry);

    public int HashOf(in TKey key) =>
        typeof(TKey).IsValueType && _comparer is null
            ? EqualityComparer<TKey>.Default.GetHashCode(key!)
            : _comparer!.GetHashCode(key!);

    /// <returns>The entry, or a null reference.</returns>
    public ref CacheEntry<TValue> Find(scoped in TKey key, int hash)
    {
        var slots = _slots;
        var index = _buckets[Bucket(hash)] - 1;
        while ((uint)index < (uint)slots.Length)
        {
            ref var slot = ref slots[index];
            if (slot.Hash == hash && Same(slot.Key, key))
            {
                return ref slot.Entry;
            }

            index = slot.Next;
        }

        return ref Unsafe.NullRef<CacheEntry<TValue>>();
    }

    /// <summary>The same by the bytes of the store key.</summary>
    public ref CacheEntry<TValue> Find(ReadOnlySpan<byte> keyBytes, int hash)
    {
        var slots = _slots;
        var index = _buckets[Bucket(hash)] - 1;
        while ((uint)index < (uint)slots.Length)
        {
            ref var slot = ref slots[index];
            if (slot.Hash == hash && keyBytes.SequenceEqual(slot.KeyBytes))
            {
                return ref slot.Entry;
            }

            index = slot.Next;
        }

        return ref Unsafe.NullRef<CacheEntry<TValue>>();
    }

    /// <summary>Adds a key that is not there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="keyBytes">Its store key, where keys are compared by it.</param>
    /// <returns>Its slot, the entry of which is to be set.</returns>
    public int Add(in TKey key, int hash, byte[]? keyBytes)
    {
        int index;
        if (_freeHead >= 0)
        {
            index = _freeHead;
            _freeHead = FreeSlot - 1 - _slots[index].Next;
        }
        else
        {
            if (_used == _slots.Length)
            {
                Grow();
            }

            index = _used++;
        }

        ref var bucket = ref _buckets[Bucket(hash)];
        ref var slot = ref _slots[index];
        slot.Hash = hash;
        slot.Key = key;
        slot.KeyBytes = keyBytes;
        slot.Next = bucket - 1;
        bucket = index + 1;
        Count++;
        return index;
    }

    public void Remove(int index)
    {
        ref var slot = ref _slots[index];
        ref var link = ref _buckets[Bucket(slot.Hash)];
        if (link - 1 == index)
        {
            link = slot.Next + 1;
        }
        else
        {
            var before = link - 1;
            while (_slots[before].Next != index)
            {
                before = _slots[before].Next;
            }

            _slots[before].Next = slot.Next;
        }

        slot = default;
        slot.Next = FreeSlot - 1 - _freeHead;
        _freeHead = index;
        Count--;
    }

    /// <summary>Gives memory back if most slots are free; references and slot numbers are void then.</summary>
    /// <returns>Whether it did.</returns>
    public bool Compact()
    {
        if (_slots.Length <= MinCompacted || Count > _slots.Length / 8)
        {
            return false;
        }

        var old = _slots;
        var used = _used;
        _slots = new Slot[Math.Max(InitialCapacity, (int)BitOperations.RoundUpToPowerOf2((uint)Count * 2))];
        _buckets = new int[_slots.Length];
        _used = 0;
        _freeHead = -1;
        Count = 0;
        for (var i = 0; i < used; i++)
        {
            if (old[i].Next > FreeSlot)
            {
                var index = Add(in old[i].Key, old[i].Hash, old[i].KeyBytes);
                _slots[index].Entry = old[i].Entry.MovedTo(index);
            }
        }

        return true;
    }

    public void Clear()
    {
        Array.Clear(_buckets);
        Array.Clear(_slots, 0, _used);
        _used = 0;
        _freeHead = -1;
        Count = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Same(in TKey left, in TKey right) =>
        typeof(TKey).IsValueType && _comparer is null
            ? EqualityComparer<TKey>.Default.Equals(left, right)
            : _comparer!.Equals(left, right);

    // Fibonacci hashing: the hash of an integer is the integer, whose low bits alone would collide for aligned times.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Bucket(int hash) =>
        (int)(((uint)hash * 2654435769u) >> (32 - BitOperations.Log2((uint)_buckets.Length)));

    private void Grow()
    {
        var capacity = checked(_slots.Length * 2);
        Array.Resize(ref _slots, capacity);
        _buckets = new int[capacity];
        for (var i = 0; i < _used; i++)
        {
            ref var slot = ref _slots[i];
            ref var bucket = ref _buckets[Bucket(slot.Hash)];
            slot.Next = bucket - 1;
            bucket = i + 1;
        }
    }

    /// <summary><c>Next</c> is the next slot of the bucket or -1; of a free slot, -3 minus the next free one or -1.</summary>
    private struct Slot
    {
        public int Hash;
        public int Next;
        public TKey Key;
        public byte[]? KeyBytes;
        public CacheEntry<TValue> Entry;
    }
}
