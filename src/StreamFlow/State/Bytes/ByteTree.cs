namespace StreamFlow.State;

/// <summary>
/// A B+ tree from byte keys, ordered as unsigned bytes, to items. Taking a snapshot costs nothing: after
/// <see cref="Snapshot"/> a change copies the nodes on its path once, so what was handed out never changes and other
/// threads may read it without a lock. Nodes are not merged when they shrink, only dropped when empty: stores that
/// delete mostly delete ranges, or fill up again.
/// </summary>
internal sealed class ByteTree<TItem>
{
    private ByteTreeNode<TItem>? _root;
    private object _owner = new();

    public int Count { get; private set; }

    /// <summary>The tree as it is now.</summary>
    public ByteTreeSnapshot<TItem> Snapshot()
    {
        _owner = new object();
        return new ByteTreeSnapshot<TItem>(_root, Count);
    }

    /// <summary>Goes back to a snapshot of this tree.</summary>
    public void Reset(in ByteTreeSnapshot<TItem> snapshot)
    {
        _owner = new object();
        _root = snapshot.Root;
        Count = snapshot.Count;
    }

    public void Set(ReadOnlySpan<byte> key, TItem item)
    {
        _root ??= ByteTreeNode<TItem>.NewLeaf(_owner);
        _root = _root.Own(_owner);
        if (_root.Set(key, item, _owner, out var split))
        {
            Count++;
        }

        if (split is not null)
        {
            _root = ByteTreeNode<TItem>.NewParent(_owner, _root, split);
        }
    }

    public bool Remove(ReadOnlySpan<byte> key)
    {
        if (_root is null || !new ByteTreeSnapshot<TItem>(_root, Count).TryGet(key, out _))
        {
            return false;
        }

        _root = _root.Own(_owner);
        _root.Remove(key, _owner);
        Count--;
        Shrink();
        return true;
    }

    /// <summary>Removes the keys from one up to, not including, another; an empty bound is none.</summary>
    public void RemoveRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (_root is null)
        {
            return;
        }

        _root = _root.Own(_owner);
        Count -= _root.RemoveRange(from, to, _owner);
        Shrink();
    }

    public void Clear()
    {
        _root = null;
        Count = 0;
    }

    /// <summary>Goes through a range; the tree must not change meanwhile, unless it is a snapshot's.</summary>
    public ByteTreeCursor<TItem> Range(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse) =>
        new(_root, from, to, reverse);

    private void Shrink()
    {
        while (_root is { IsLeaf: false, Count: 1 })
        {
            _root = _root.Child(0);
        }

        if (_root is { Count: 0 })
        {
            _root = null;
        }
    }
}

/// <summary>A tree that does not change.</summary>
internal readonly struct ByteTreeSnapshot<TItem>(ByteTreeNode<TItem>? root, int count)
{
    public ByteTreeNode<TItem>? Root { get; } = root;

    public int Count { get; } = count;

    public bool TryGet(ReadOnlySpan<byte> key, out TItem item)
    {
        var node = Root;
        while (node is { IsLeaf: false })
        {
            node = node.Child(node.ChildOf(key));
        }

        var index = node is null ? -1 : node.Find(key);
        item = index >= 0 ? node!.Item(index) : default!;
        return index >= 0;
    }

    public ByteTreeCursor<TItem> Range(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse) =>
        new(Root, from, to, reverse);
}
