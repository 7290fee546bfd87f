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
/// Changes to the stores of one task and the changelog offsets they correspond to, kept in memory that is used again.
/// Range removals come first, then the other changes; after <see cref="Sort"/> these are ordered by store and key, the
/// later of two changes of one key alone being kept, which is what RocksDB takes fastest.
/// </summary>
[Experimental("SF0001")]
public sealed class StoreBatch
{
    private const int KeptEntries = 1024;
    private readonly Dictionary<int, long> _offsets = [];
    private readonly KeySorter _sorter = new();
    private readonly ByteArena _bytes = new();
    private StoreBatchEntry[] _entries = [];
    private StoreBatchEntry[] _spare = [];
    private int[] _order = [];
    private int _ranges;
    private int _countBefore;

    /// <summary>Number of changes.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of all keys and values.</summary>
    public long Bytes => _bytes.Length;

    /// <summary>
    /// Whether this is one of many large batches that fill a store, which nobody reads until it is complete. A backend may
    /// write them in a way of their own; the batch must be sorted then.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool IsBulk { get; set; }

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
                Key = Key(in entry),
                Value = _bytes.Read(entry.Place, entry.KeyLength, entry.ValueLength),
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

    /// <summary>Empties the batch; it keeps as much memory as its last two fillings took.</summary>
    public void Clear()
    {
        _offsets.Clear();
        _bytes.Clear();
        if (_entries.Length / 4 > Math.Max(KeptEntries, Math.Max(Count, _countBefore)))
        {
            (_entries, _spare, _order) = ([], [], []);
            _sorter.Trim();
        }

        (_countBefore, Count, _ranges) = (Count, 0, 0);
    }

    private static void EnsureRoom<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            Array.Resize(ref array, (int)Math.Min(Array.MaxLength, Math.Max(Math.Max(length, 16L), array.Length * 2L)));
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

            _sorter.Sort(order[..own], _entries, _bytes);
            order = order[own..];
        }
    }

    private void Add(StoreChangeKind kind, int store, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var place = _bytes.Append(key, value);
        EnsureRoom(ref _entries, checked(Count + 1));
        _entries[Count++] = new StoreBatchEntry(place, key.Length, value.Length, store, kind);
    }

    private bool SameKey(in StoreBatchEntry a, in StoreBatchEntry b) => a.Store == b.Store && Key(in a).SequenceEqual(Key(in b));

    private ReadOnlySpan<byte> Key(in StoreBatchEntry entry) => _bytes.Read(entry.Place, entry.KeyLength);
}

/// <summary>Where a change of a batch is: its key, and its value behind it.</summary>
internal readonly record struct StoreBatchEntry(ArenaPlace Place, int KeyLength, int ValueLength, int Store, StoreChangeKind Kind);
