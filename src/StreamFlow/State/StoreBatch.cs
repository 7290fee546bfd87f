using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.State;

/// <summary>What a change in a <see cref="StoreBatch"/> does.</summary>
[Experimental("SF0001")]
public enum StoreChangeKind
{
    /// <summary>Sets the value of a key.</summary>
    Put,

    /// <summary>Removes a key.</summary>
    Delete,

    /// <summary>Removes all keys from <see cref="StoreChange.Key"/> up to, not including, <see cref="StoreChange.Value"/>.</summary>
    DeleteRange,
}

/// <summary>One change of a batch; the spans are valid until the batch is cleared.</summary>
[Experimental("SF0001")]
public readonly ref struct StoreChange
{
    /// <summary>What it does.</summary>
    public StoreChangeKind Kind { get; init; }

    /// <summary>Index of the store.</summary>
    public int Store { get; init; }

    /// <summary>The key, or the first key of a range.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>The value, or the end of a range; empty for a removal.</summary>
    public ReadOnlySpan<byte> Value { get; init; }
}

/// <summary>
/// Changes to the stores of one task and the changelog offsets they correspond to, kept in one reusable buffer.
/// Range removals come first, then the other changes; after <see cref="Sort"/> these are ordered by store and key, the
/// later of two changes of one key alone being kept, which is what RocksDB takes fastest.
/// </summary>
[Experimental("SF0001")]
public sealed class StoreBatch
{
    private readonly Dictionary<int, long> _offsets = [];
    private readonly KeySorter _sorter = new();
    private byte[] _buffer = new byte[4096];
    private StoreBatchEntry[] _entries = new StoreBatchEntry[16];
    private StoreBatchEntry[] _spare = [];
    private int[] _order = [];
    private int _used;
    private int _ranges;

    /// <summary>Number of changes.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of all keys and values.</summary>
    public long Bytes => _used;

    /// <summary>
    /// Whether this is one of many large batches that fill a store, which nobody reads until it is complete. A backend may
    /// write them in a way of their own; the batch must be sorted then.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool IsBulk { get; set; }

    /// <summary>How large the batch is expected to become: beyond a small part of it the buffer grows to that at once.</summary>
    internal int ExpectedBytes { get; set; }

    /// <summary>Changelog offsets by store index: each is that of the next changelog record to apply.</summary>
    public IReadOnlyDictionary<int, long> ChangelogOffsets => _offsets;

    /// <summary>A change by position.</summary>
    /// <param name="index">Position from 0.</param>
    public StoreChange this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            ref var entry = ref _entries[index];
            return new StoreChange
            {
                Kind = entry.Kind,
                Store = entry.Store,
                Key = _buffer.AsSpan(entry.Start, entry.KeyLength),
                Value = _buffer.AsSpan(entry.Start + entry.KeyLength, entry.ValueLength),
            };
        }
    }

    /// <summary>Sets a key.</summary>
    /// <param name="store">Index of the store.</param>
    /// <param name="key">The key; copied.</param>
    /// <param name="value">The value; copied.</param>
    public void Put(int store, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        Add(StoreChangeKind.Put, store, key, value);

    /// <summary>Removes a key.</summary>
    /// <param name="store">Index of the store.</param>
    /// <param name="key">The key; copied.</param>
    public void Delete(int store, ReadOnlySpan<byte> key) => Add(StoreChangeKind.Delete, store, key, default);

    /// <summary>Removes a range of keys, before any other change of this batch applies.</summary>
    /// <param name="store">Index of the store.</param>
    /// <param name="from">First key; copied.</param>
    /// <param name="to">Key after the last; copied.</param>
    public void DeleteRange(int store, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        Add(StoreChangeKind.DeleteRange, store, from, to);
        var last = _entries[Count - 1];
        _entries.AsSpan(_ranges, Count - 1 - _ranges).CopyTo(_entries.AsSpan(_ranges + 1));
        _entries[_ranges++] = last;
    }

    /// <summary>Says up to where a store is complete once this batch is applied.</summary>
    /// <param name="store">Index of the store.</param>
    /// <param name="offset">Offset of the next changelog record to apply.</param>
    public void SetChangelogOffset(int store, long offset) => _offsets[store] = offset;

    /// <summary>Orders the changes by store and key and keeps the last one of each key.</summary>
    public void Sort()
    {
        EnsureRoom(ref _order, Count);
        EnsureRoom(ref _spare, _entries.Length);
        var order = _order.AsSpan(_ranges, Count - _ranges);
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = _ranges + i;
        }

        SortByStoreAndKey(order);
        _entries.AsSpan(0, _ranges).CopyTo(_spare);
        var kept = _ranges;
        foreach (var index in order)
        {
            ref var entry = ref _entries[index];
            if (kept == _ranges || !SameKey(in _spare[kept - 1], in entry))
            {
                kept++;
            }

            _spare[kept - 1] = entry;
        }

        (_entries, _spare) = (_spare, _entries);
        Count = kept;
    }

    /// <summary>Empties the batch and keeps its buffer.</summary>
    public void Clear()
    {
        _offsets.Clear();
        Count = 0;
        _used = 0;
        _ranges = 0;
    }

    private static void EnsureRoom<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            Array.Resize(ref array, Math.Max(length, array.Length * 2));
        }
    }

    private void SortByStoreAndKey(Span<int> order)
    {
        while (order.Length > 0)
        {
            // Few tasks have many stores: each turn takes the changes of the lowest one out.
            var store = int.MaxValue;
            foreach (var index in order)
            {
                store = Math.Min(store, _entries[index].Store);
            }

            var own = 0;
            for (var i = 0; i < order.Length; i++)
            {
                if (_entries[order[i]].Store == store)
                {
                    (order[own], order[i]) = (order[i], order[own]);
                    own++;
                }
            }

            _sorter.Sort(order[..own], _entries, _buffer);
            order = order[own..];
        }
    }

    private void Add(StoreChangeKind kind, int store, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var needed = checked(_used + key.Length + value.Length);
        if (needed > _buffer.Length)
        {
            Grow(needed);
        }

        key.CopyTo(_buffer.AsSpan(_used));
        value.CopyTo(_buffer.AsSpan(_used + key.Length));
        EnsureRoom(ref _entries, Count + 1);
        _entries[Count++] = new StoreBatchEntry(_used, key.Length, value.Length, store, kind);
        _used = needed;
    }

    private void Grow(int needed)
    {
        var doubled = Math.Min(Array.MaxLength, Math.Max(needed, _buffer.Length * 2L));
        var larger = GC.AllocateUninitializedArray<byte>(
            (int)(doubled > ExpectedBytes / 8 ? Math.Max(doubled, ExpectedBytes) : doubled));
        _buffer.AsSpan(0, _used).CopyTo(larger);
        _buffer = larger;
    }

    private bool SameKey(in StoreBatchEntry a, in StoreBatchEntry b) => a.Store == b.Store && Key(in a).SequenceEqual(Key(in b));

    private ReadOnlySpan<byte> Key(in StoreBatchEntry entry) => _buffer.AsSpan(entry.Start, entry.KeyLength);
}

/// <summary>Where in the batch's buffer a change is: its key, and its value behind it.</summary>
internal readonly record struct StoreBatchEntry(int Start, int KeyLength, int ValueLength, int Store, StoreChangeKind Kind);
