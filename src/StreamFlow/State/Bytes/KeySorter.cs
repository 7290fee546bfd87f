using System.Buffers.Binary;

namespace StreamFlow.State;

/// <summary>
/// Orders keys as unsigned bytes. Eight bytes of each key at a time become a number, which is sorted much faster than
/// keys are compared; only keys that agree in them are looked at further. Bytes that all keys share are skipped.
/// </summary>
internal sealed class KeySorter
{
    private const int Chunk = sizeof(ulong);
    private const int FewKeys = 16;
    private ulong[] _chunks = [];
    private ByteArena? _bytes;
    private StoreBatchEntry[] _entries = [];

    /// <summary>Orders entries of one store; of those with one key the one that came first stays first.</summary>
    /// <param name="order">Indexes of the entries, in any order.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="bytes">Where their keys are.</param>
    public void Sort(Span<int> order, StoreBatchEntry[] entries, ByteArena bytes)
    {
        if (_chunks.Length < order.Length)
        {
            _chunks = new ulong[Math.Max(order.Length, Math.Min(Array.MaxLength, _chunks.Length * 2L))];
        }

        (_entries, _bytes) = (entries, bytes);
        Sort(order, _chunks.AsSpan(0, order.Length), depth: 0);
        (_entries, _bytes) = ([], null);
    }

    /// <summary>Gives memory back.</summary>
    public void Trim() => _chunks = [];

    private void Sort(Span<int> order, Span<ulong> chunks, int depth)
    {
        if (order.Length <= FewKeys)
        {
            SortFew(order);
            return;
        }

        depth += CommonPrefix(order, depth);
        for (var i = 0; i < order.Length; i++)
        {
            chunks[i] = ChunkOf(Key(order[i])[Math.Min(depth, Key(order[i]).Length)..]);
        }

        chunks.Sort(order);
        for (var start = 0; start < order.Length;)
        {
            var end = start + 1;
            while (end < order.Length && chunks[end] == chunks[start])
            {
                end++;
            }

            if (end - start > 1)
            {
                SortAlike(order[start..end], chunks[start..end], depth + Chunk);
            }

            start = end;
        }
    }

    /// <summary>Orders keys that agree up to a depth, where a key that is shorter counts as filled up with zeros.</summary>
    private void SortAlike(Span<int> order, Span<ulong> chunks, int depth)
    {
        var (shortest, longest) = (int.MaxValue, 0);
        foreach (var index in order)
        {
            shortest = Math.Min(shortest, _entries[index].KeyLength);
            longest = Math.Max(longest, _entries[index].KeyLength);
        }

        if (shortest > depth)
        {
            Sort(order, chunks, depth);
        }
        else if (shortest == longest)
        {
            order.Sort();
        }
        else
        {
            order.Sort(Compare);
        }
    }

    private void SortFew(Span<int> order)
    {
        for (var i = 1; i < order.Length; i++)
        {
            var moving = order[i];
            var to = i;
            for (; to > 0 && Compare(order[to - 1], moving) > 0; to--)
            {
                order[to] = order[to - 1];
            }

            order[to] = moving;
        }
    }

    private int CommonPrefix(ReadOnlySpan<int> order, int depth)
    {
        var common = Key(order[0])[Math.Min(depth, Key(order[0]).Length)..];
        for (var i = 1; i < order.Length && common.Length > 0; i++)
        {
            var key = Key(order[i]);
            common = common[..common.CommonPrefixLength(key[Math.Min(depth, key.Length)..])];
        }

        return common.Length;
    }

    private int Compare(int a, int b)
    {
        var order = Key(a).SequenceCompareTo(Key(b));
        return order != 0 ? order : a.CompareTo(b);
    }

    private ReadOnlySpan<byte> Key(int index) => _bytes!.Read(_entries[index].Place, _entries[index].KeyLength);

    private static ulong ChunkOf(ReadOnlySpan<byte> rest)
    {
        if (rest.Length >= Chunk)
        {
            return BinaryPrimitives.ReadUInt64BigEndian(rest);
        }

        var chunk = 0UL;
        for (var i = 0; i < rest.Length; i++)
        {
            chunk |= (ulong)rest[i] << (8 * (Chunk - 1 - i));
        }

        return chunk;
    }
}
