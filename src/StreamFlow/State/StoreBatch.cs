using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

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
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<int, long> _offsets = [];
    private byte[] _buffer = new byte[4096];
    private int _used;
    private int _ranges;
    private int _sequence;

    /// <summary>Number of changes.</summary>
    public int Count => _entries.Count;

    /// <summary>Bytes of all keys and values.</summary>
    public long Bytes => _used;

    /// <summary>Changelog offsets by store index: each is that of the next changelog record to apply.</summary>
    public IReadOnlyDictionary<int, long> ChangelogOffsets => _offsets;

    /// <summary>A change by position.</summary>
    /// <param name="index">Position from 0.</param>
    public StoreChange this[int index]
    {
        get
        {
            var entry = _entries[index];
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
        var last = _entries[^1];
        _entries.RemoveAt(_entries.Count - 1);
        _entries.Insert(_ranges++, last);
    }

    /// <summary>Says up to where a store is complete once this batch is applied.</summary>
    /// <param name="store">Index of the store.</param>
    /// <param name="offset">Offset of the next changelog record to apply.</param>
    public void SetChangelogOffset(int store, long offset) => _offsets[store] = offset;

    /// <summary>Orders the changes by store and key and keeps the last one of each key.</summary>
    public void Sort()
    {
        var span = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_entries)[_ranges..];
        span.Sort((a, b) => Compare(a, b));
        var kept = 0;
        for (var i = 0; i < span.Length; i++)
        {
            if (kept > 0 && SameKey(span[kept - 1], span[i]))
            {
                span[kept - 1] = span[i];
            }
            else
            {
                span[kept++] = span[i];
            }
        }

        _entries.RemoveRange(_ranges + kept, span.Length - kept);
    }

    /// <summary>Empties the batch and keeps its buffer.</summary>
    public void Clear()
    {
        _entries.Clear();
        _offsets.Clear();
        _used = 0;
        _ranges = 0;
        _sequence = 0;
    }

    private void Add(StoreChangeKind kind, int store, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var needed = checked(_used + key.Length + value.Length);
        if (needed > _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(needed, _buffer.Length * 2L)));
        }

        key.CopyTo(_buffer.AsSpan(_used));
        value.CopyTo(_buffer.AsSpan(_used + key.Length));
        _entries.Add(new Entry(_used, key.Length, value.Length, store, _sequence++, kind));
        _used = needed;
    }

    private int Compare(in Entry a, in Entry b)
    {
        if (a.Store != b.Store)
        {
            return a.Store.CompareTo(b.Store);
        }

        var order = Key(a).SequenceCompareTo(Key(b));
        return order != 0 ? order : a.Sequence.CompareTo(b.Sequence);
    }

    private bool SameKey(in Entry a, in Entry b) => a.Store == b.Store && Key(a).SequenceEqual(Key(b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Key(in Entry entry) => _buffer.AsSpan(entry.Start, entry.KeyLength);

    private readonly record struct Entry(
        int Start, int KeyLength, int ValueLength, int Store, int Sequence, StoreChangeKind Kind);
}
