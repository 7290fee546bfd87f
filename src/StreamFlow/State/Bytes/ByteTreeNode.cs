namespace StreamFlow.State;

/// <summary>
/// A node of a <see cref="ByteTree{TItem}"/>. A leaf has items beside its keys. A parent has children; its key at a
/// position is a lower bound of that child's keys, except at 0, where it means nothing: that child has no lower bound.
/// </summary>
internal sealed class ByteTreeNode<TItem>
{
    private const int Order = 64;
    private readonly object _owner;
    private readonly byte[][] _keys;
    private readonly TItem[]? _items;
    private readonly ByteTreeNode<TItem>[]? _children;

    private ByteTreeNode(object owner, byte[][] keys, TItem[]? items, ByteTreeNode<TItem>[]? children, int count)
    {
        _owner = owner;
        _keys = keys;
        _items = items;
        _children = children;
        Count = count;
    }

    public int Count { get; private set; }

    public bool IsLeaf => _items is not null;

    public static ByteTreeNode<TItem> NewLeaf(object owner) =>
        new(owner, new byte[Order][], new TItem[Order], null, 0);

    public static ByteTreeNode<TItem> NewParent(object owner, ByteTreeNode<TItem> left, ByteTreeNode<TItem> right)
    {
        var parent = new ByteTreeNode<TItem>(
            owner, new byte[Order][], null, new ByteTreeNode<TItem>[Order], 2);
        (parent._keys[0], parent._children![0]) = (left._keys[0], left);
        (parent._keys[1], parent._children[1]) = (right._keys[0], right);
        return parent;
    }

    public byte[] Key(int index) => _keys[index];

    public TItem Item(int index) => _items![index];

    public ByteTreeNode<TItem> Child(int index) => _children![index];

    /// <summary>This node if the owner may change it, else a copy that it may.</summary>
    public ByteTreeNode<TItem> Own(object owner) =>
        ReferenceEquals(owner, _owner)
            ? this
            : new ByteTreeNode<TItem>(
                owner,
                (byte[][])_keys.Clone(),
                (TItem[]?)_items?.Clone(),
                (ByteTreeNode<TItem>[]?)_children?.Clone(),
                Count);

    /// <returns>Position of the key, or the complement of the first one above it.</returns>
    public int Find(ReadOnlySpan<byte> key)
    {
        var low = IsLeaf ? 0 : 1;
        var high = Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = key.SequenceCompareTo(_keys[middle]);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                high = middle - 1;
            }
            else
            {
                low = middle + 1;
            }
        }

        return ~low;
    }

    /// <summary>Position of the child in which a key belongs.</summary>
    public int ChildOf(ReadOnlySpan<byte> key)
    {
        var index = Find(key);
        return index >= 0 ? index : ~index - 1;
    }

    /// <returns>Whether the key is new; <paramref name="split"/> is the right half if the node had to be split.</returns>
    public bool Set(ReadOnlySpan<byte> key, TItem item, object owner, out ByteTreeNode<TItem>? split)
    {
        split = null;
        if (!IsLeaf)
        {
            return SetInChild(key, item, owner, out split);
        }

        var index = Find(key);
        if (index >= 0)
        {
            _items![index] = item;
            return false;
        }

        var target = MakeRoom(ref index, owner, out split);
        target.Insert(~index, key.ToArray());
        target._items![~index] = item;
        return true;
    }

    public void Remove(ReadOnlySpan<byte> key, object owner)
    {
        if (IsLeaf)
        {
            RemoveAt(Find(key), 1);
            return;
        }

        var index = ChildOf(key);
        var child = _children![index] = _children[index].Own(owner);
        child.Remove(key, owner);
        if (child.Count == 0)
        {
            RemoveAt(index, 1);
        }
    }

    /// <returns>How many keys went.</returns>
    public int RemoveRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, object owner)
    {
        if (IsLeaf)
        {
            var first = LowerBound(from);
            var count = (to.IsEmpty ? Count : LowerBound(to)) - first;
            if (count <= 0)
            {
                return 0;
            }

            RemoveAt(first, count);
            return count;
        }

        return RemoveChildren(from, to, owner);
    }

    /// <summary>Position of the first key not below the given one.</summary>
    public int LowerBound(ReadOnlySpan<byte> key)
    {
        var index = Find(key);
        return index >= 0 ? index : ~index;
    }

    private int RemoveChildren(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, object owner)
    {
        var removed = 0;
        var first = ChildOf(from);
        var last = to.IsEmpty ? Count - 1 : ChildOf(to);
        for (var i = last; i >= first; i--)
        {
            if (i > first && i < last)
            {
                removed += _children![i].CountItems();
                RemoveAt(i, 1);
                continue;
            }

            var child = _children![i] = _children[i].Own(owner);
            removed += child.RemoveRange(from, to, owner);
            if (child.Count == 0)
            {
                RemoveAt(i, 1);
            }
        }

        return removed;
    }

    private bool SetInChild(ReadOnlySpan<byte> key, TItem item, object owner, out ByteTreeNode<TItem>? split)
    {
        split = null;
        var index = ChildOf(key);
        var child = _children![index] = _children[index].Own(owner);
        var added = child.Set(key, item, owner, out var right);
        if (right is not null)
        {
            var at = ~(index + 1);
            var target = MakeRoom(ref at, owner, out split);
            target.Insert(~at, right._keys[0]);
            target._children![~at] = right;
        }

        return added;
    }

    /// <summary>Splits a full node; <paramref name="at"/> is the complement of the position in the node returned.</summary>
    private ByteTreeNode<TItem> MakeRoom(ref int at, object owner, out ByteTreeNode<TItem>? split)
    {
        split = null;
        if (Count < Order)
        {
            return this;
        }

        // Keys that come in order leave full nodes behind instead of half empty ones.
        var half = ~at == Count ? Count - 1 : Count / 2;
        split = new ByteTreeNode<TItem>(
            owner,
            new byte[Order][],
            IsLeaf ? new TItem[Order] : null,
            IsLeaf ? null : new ByteTreeNode<TItem>[Order],
            Count - half);
        Array.Copy(_keys, half, split._keys, 0, split.Count);
        if (IsLeaf)
        {
            Array.Copy(_items!, half, split._items!, 0, split.Count);
        }
        else
        {
            Array.Copy(_children!, half, split._children!, 0, split.Count);
        }

        RemoveAt(half, Count - half);
        if (~at < half)
        {
            return this;
        }

        at = ~(~at - half);
        return split;
    }

    private void Insert(int index, byte[] key)
    {
        Array.Copy(_keys, index, _keys, index + 1, Count - index);
        _keys[index] = key;
        if (IsLeaf)
        {
            Array.Copy(_items!, index, _items!, index + 1, Count - index);
        }
        else
        {
            Array.Copy(_children!, index, _children!, index + 1, Count - index);
        }

        Count++;
    }

    private void RemoveAt(int index, int count)
    {
        var tail = Count - index - count;
        Array.Copy(_keys, index + count, _keys, index, tail);
        Array.Clear(_keys, index + tail, count);
        if (IsLeaf)
        {
            Array.Copy(_items!, index + count, _items!, index, tail);
            Array.Clear(_items!, index + tail, count);
        }
        else
        {
            Array.Copy(_children!, index + count, _children!, index, tail);
            Array.Clear(_children!, index + tail, count);
        }

        Count -= count;
    }

    private int CountItems()
    {
        if (IsLeaf)
        {
            return Count;
        }

        var sum = 0;
        for (var i = 0; i < Count; i++)
        {
            sum += _children![i].CountItems();
        }

        return sum;
    }
}
