using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// The uncommitted entries of a cache in the order of their store keys. It is brought up to date by the scan that needs
/// it, so a write costs nothing, whether there was a scan before or not.
/// </summary>
internal sealed class OverlayOrder<TKey, TValue>(EntrySlab<TKey, TValue> slab, KeyCodec<TKey> keys)
{
    private const int KeptBlocks = 16;
    private readonly ByteArena _bytes = new();
    private readonly List<Block> _blocks = [];
    private readonly PooledBuffer _key = new();
    private int _used;
    private int _known;

    public void Clear()
    {
        _bytes.Clear();
        (_used, _known) = (0, 0);
        if (_blocks.Count > KeptBlocks)
        {
            _blocks.RemoveRange(KeptBlocks, _blocks.Count - KeptBlocks);
        }
    }

    /// <summary>Copies the entries of a range as they are now.</summary>
    /// <param name="uncommitted">Slots of all uncommitted entries, in the order in which they became it.</param>
    /// <param name="from">First key; empty for the lowest.</param>
    /// <param name="to">Key after the last; empty for no bound.</param>
    /// <param name="reverse">Whether to go from the highest key to the lowest.</param>
    /// <param name="copies">Gets the copies.</param>
    public void Copy(
        List<int> uncommitted, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse, PendingEntries<TKey, TValue> copies)
    {
        for (; _known < uncommitted.Count; _known++)
        {
            Insert(uncommitted[_known]);
        }

        if (reverse)
        {
            var at = to.IsEmpty ? End : LowerBound(to);
            while (StepBack(ref at) && KeyAt(at).SequenceCompareTo(from) >= 0)
            {
                Copy(at, copies);
            }
        }
        else
        {
            for (var at = LowerBound(from); at != End; at = Next(at))
            {
                if (!to.IsEmpty && KeyAt(at).SequenceCompareTo(to) >= 0)
                {
                    return;
                }

                Copy(at, copies);
            }
        }
    }

    private Position End => new(_used, 0);

    private void Copy(Position at, PendingEntries<TKey, TValue> copies)
    {
        var slot = _blocks[at.Block].Keys[at.Index].Slot;
        copies.Add(KeyAt(at), in slab.Key(slot), in slab[slot]);
    }

    private void Insert(int slot)
    {
        ReadOnlySpan<byte> bytes = slab.KeyBytes(slot);
        if (bytes.IsEmpty)
        {
            _key.Clear();
            keys.WriteStoreKey(in slab.Key(slot), _key);
            bytes = _key.Written;
        }

        var number = Math.Max(0, BlockOf(bytes));
        if (_used == 0)
        {
            AddBlock(0);
        }

        var index = IndexIn(_blocks[number], bytes);
        if (_blocks[number].Count == Block.Size)
        {
            Split(number);
            if (index > Block.Size / 2)
            {
                (number, index) = (number + 1, index - (Block.Size / 2));
            }
        }

        _blocks[number].Insert(index, new OrderedKey(_bytes.Append(bytes), bytes.Length, slot));
    }

    private void Split(int number)
    {
        AddBlock(number + 1);
        var (left, right) = (_blocks[number], _blocks[number + 1]);
        left.Keys.AsSpan(Block.Size / 2).CopyTo(right.Keys);
        (left.Count, right.Count) = (Block.Size / 2, Block.Size - (Block.Size / 2));
    }

    private void AddBlock(int number)
    {
        var block = new Block();
        if (_used < _blocks.Count)
        {
            block = _blocks[_used];
            block.Count = 0;
            _blocks.RemoveAt(_used);
        }

        _blocks.Insert(number, block);
        _used++;
    }

    /// <summary>The last block that begins with a key not above the given one; -1 if there is none.</summary>
    private int BlockOf(ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, _used - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (Key(in _blocks[middle].Keys[0]).SequenceCompareTo(key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }

    /// <summary>The first place in a block whose key is not below the given one.</summary>
    private int IndexIn(Block block, ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, block.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (Key(in block.Keys[middle]).SequenceCompareTo(key) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private Position LowerBound(ReadOnlySpan<byte> key)
    {
        var number = Math.Max(0, BlockOf(key));
        if (number >= _used)
        {
            return End;
        }

        var index = IndexIn(_blocks[number], key);
        return index < _blocks[number].Count ? new Position(number, index) : new Position(number + 1, 0);
    }

    private Position Next(Position at) =>
        at.Index + 1 < _blocks[at.Block].Count ? at with { Index = at.Index + 1 } : new Position(at.Block + 1, 0);

    private bool StepBack(ref Position at)
    {
        if (at.Index > 0)
        {
            at = at with { Index = at.Index - 1 };
            return true;
        }

        if (at.Block == 0)
        {
            return false;
        }

        at = new Position(at.Block - 1, _blocks[at.Block - 1].Count - 1);
        return true;
    }

    private ReadOnlySpan<byte> KeyAt(Position at) => Key(in _blocks[at.Block].Keys[at.Index]);

    private ReadOnlySpan<byte> Key(in OrderedKey key) => _bytes.Read(key.Place, key.Length);

    private readonly record struct Position(int Block, int Index);

    private readonly record struct OrderedKey(ArenaPlace Place, int Length, int Slot);

    /// <summary>Some neighbouring keys.</summary>
    private sealed class Block
    {
        public const int Size = 256;

        public OrderedKey[] Keys { get; } = new OrderedKey[Size];

        public int Count { get; set; }

        public void Insert(int index, OrderedKey key)
        {
            Keys.AsSpan(index, Count - index).CopyTo(Keys.AsSpan(index + 1));
            Keys[index] = key;
            Count++;
        }
    }
}
