using System.Buffers;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Goes through a range of a <see cref="ByteTree{TItem}"/>, up or down.</summary>
internal sealed class ByteTreeCursor<TItem>
{
    // 64 levels of at least two children each hold more than memory does.
    private readonly List<(ByteTreeNode<TItem> Node, int Index)> _path = [];
    private readonly PooledBuffer _bound = new();
    private bool _reverse;
    private ByteTreeNode<TItem>? _leaf;
    private int _index;

    public ByteTreeCursor(ByteTreeNode<TItem>? root, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse) =>
        Seek(root, from, to, reverse);

    public byte[] Key => _leaf!.Key(_index);

    public TItem Item => _leaf!.Item(_index);

    /// <summary>Goes to before the first entry of another range.</summary>
    public void Seek(ByteTreeNode<TItem>? root, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse)
    {
        _path.Clear();
        _reverse = reverse;
        _bound.Clear();
        _bound.Write(reverse ? from : to);
        _leaf = root;
        var start = reverse ? to : from;
        var atEnd = reverse && to.IsEmpty;
        while (_leaf is { IsLeaf: false })
        {
            var child = atEnd ? _leaf.Count - 1 : _leaf.ChildOf(start);
            _path.Add((_leaf, child));
            _leaf = _leaf.Child(child);
        }

        if (_leaf is not null)
        {
            var at = atEnd ? _leaf.Count : _leaf.LowerBound(start);
            _index = reverse ? at : at - 1;
        }
    }

    public bool MoveNext()
    {
        if (_leaf is null)
        {
            return false;
        }

        _index += _reverse ? -1 : 1;
        if ((uint)_index >= (uint)_leaf.Count && !NextLeaf())
        {
            _leaf = null;
            return false;
        }

        if (_bound.Length > 0 && IsBeyond())
        {
            _leaf = null;
            return false;
        }

        return true;
    }

    private bool IsBeyond()
    {
        var order = Key.AsSpan().SequenceCompareTo(_bound.Written);
        return _reverse ? order < 0 : order >= 0;
    }

    private bool NextLeaf()
    {
        while (_path.Count > 0)
        {
            var (node, index) = _path[^1];
            index += _reverse ? -1 : 1;
            if ((uint)index >= (uint)node.Count)
            {
                _path.RemoveAt(_path.Count - 1);
                continue;
            }

            _path[^1] = (node, index);
            node = node.Child(index);
            while (!node.IsLeaf)
            {
                index = _reverse ? node.Count - 1 : 0;
                _path.Add((node, index));
                node = node.Child(index);
            }

            _leaf = node;
            _index = _reverse ? node.Count - 1 : 0;
            return true;
        }

        return false;
    }
}
