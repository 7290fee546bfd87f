using System.Buffers;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Uncommitted entries as they were when a scan began, in its order. Their keys lie in one buffer.</summary>
internal sealed class PendingEntries<TKey, TValue>
{
    private const int KeptEntries = 1024;
    private readonly PooledBuffer _keys = new();
    private PendingEntry<TKey, TValue>[] _entries = [];
    private int _next;
    private int _count;

    public bool IsEmpty => _next == _count;

    /// <summary>Store key of the first entry.</summary>
    public ReadOnlySpan<byte> FirstKey => _keys.Written.Slice(_entries[_next].KeyStart, _entries[_next].KeyLength);

    public ref readonly PendingEntry<TKey, TValue> First => ref _entries[_next];

    public void Add(ReadOnlySpan<byte> storeKey, in TKey key, ref readonly CacheEntry<TValue> entry)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, checked(Math.Max(16, _count * 2)));
        }

        _entries[_count++] = new PendingEntry<TKey, TValue>(
            _keys.Length, storeKey.Length, key, entry.Value, entry.HasValue, entry.Timestamp, entry.Headers);
        _keys.Write(storeKey);
    }

    public void RemoveFirst() => _next++;

    public void Clear()
    {
        if (_entries.Length > KeptEntries)
        {
            _entries = [];
        }
        else
        {
            Array.Clear(_entries, 0, _count);
        }

        _keys.Clear();
        _keys.Trim();
        (_next, _count) = (0, 0);
    }
}

/// <summary>An uncommitted entry as it was when a scan began.</summary>
internal readonly record struct PendingEntry<TKey, TValue>(
    int KeyStart, int KeyLength, TKey Key, TValue Value, bool HasValue, long Timestamp, Headers? Headers);
