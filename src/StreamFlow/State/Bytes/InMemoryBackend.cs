using System.Buffers;

namespace StreamFlow.State;

/// <summary>
/// Stores of one task in memory, lost with the process. A batch becomes visible as a whole; readers on other threads and
/// open iterators keep seeing the state they started from.
/// </summary>
internal sealed class InMemoryBackend : IStoreBackend
{
    private const long NoOffset = -1;
    private readonly InMemoryStore[] _stores;
    private readonly long[] _offsets;

    public InMemoryBackend(IReadOnlyList<string> storeNames)
    {
        _stores = new InMemoryStore[storeNames.Count];
        for (var i = 0; i < _stores.Length; i++)
        {
            _stores[i] = new InMemoryStore(storeNames[i]);
        }

        _offsets = new long[_stores.Length];
        Array.Fill(_offsets, NoOffset);
    }

    public bool IsPersistent => false;

    public IReadOnlyList<IByteStore> Stores => _stores;

    public bool TryGetChangelogOffset(int store, out long offset)
    {
        offset = Volatile.Read(ref _offsets[store]);
        return offset != NoOffset;
    }

    public void Write(StoreBatch batch)
    {
        try
        {
            for (var i = 0; i < batch.Count; i++)
            {
                var change = batch[i];
                _stores[change.Store].Apply(in change);
            }
        }
        catch
        {
            foreach (var store in _stores)
            {
                store.Discard();
            }

            throw;
        }

        foreach (var store in _stores)
        {
            store.Publish();
        }

        foreach (var (store, offset) in batch.ChangelogOffsets)
        {
            Volatile.Write(ref _offsets[store], offset);
        }
    }

    public void Flush()
    {
        // Memory has nothing more durable below it.
    }

    public void Dispose()
    {
        foreach (var store in _stores)
        {
            store.Clear();
        }
    }
}

/// <summary>One store of an <see cref="InMemoryBackend"/>.</summary>
internal sealed class InMemoryStore : IByteStore
{
    private readonly ByteTree<byte[]> _tree = new();
    private volatile Published _published = new(default);
    private bool _changed;

    public InMemoryStore(string name) => Name = name;

    public string Name { get; }

    public long ApproximateCount => _published.Tree.Count;

    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> value)
    {
        if (!_published.Tree.TryGet(key, out var bytes))
        {
            return false;
        }

        value.Write(bytes);
        return true;
    }

    public ByteIterator Range(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse = false)
    {
        var tree = _published.Tree;
        return new InMemoryIterator(tree, tree.Range(from, to, reverse));
    }

    public void Apply(in StoreChange change)
    {
        _changed = true;
        switch (change.Kind)
        {
            case StoreChangeKind.Put:
                _tree.Set(change.Key, change.Value.ToArray());
                break;
            case StoreChangeKind.Delete:
                _tree.Remove(change.Key);
                break;
            default:
                _tree.RemoveRange(change.Key, change.Value);
                break;
        }
    }

    public void Publish()
    {
        if (_changed)
        {
            _changed = false;
            _published = new Published(_tree.Snapshot());
        }
    }

    /// <summary>Goes back to what was published last.</summary>
    public void Discard()
    {
        _changed = false;
        _tree.Reset(_published.Tree);
    }

    public void Clear()
    {
        _tree.Clear();
        _changed = true;
        Publish();
    }

    /// <summary>A reference, so that readers see one tree or the next and nothing between.</summary>
    private sealed class Published(ByteTreeSnapshot<byte[]> tree)
    {
        public ByteTreeSnapshot<byte[]> Tree { get; } = tree;
    }

    private sealed class InMemoryIterator(ByteTreeSnapshot<byte[]> tree, ByteTreeCursor<byte[]> cursor) : ByteIterator
    {
        public override ReadOnlySpan<byte> Key => cursor.Key;

        public override ReadOnlySpan<byte> Value => cursor.Item;

        public override bool MoveNext() => cursor.MoveNext();

        public override void Seek(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse = false) =>
            cursor.Seek(tree.Root, from, to, reverse);

        protected override void Dispose(bool disposing)
        {
            // The cursor holds nothing but memory.
        }
    }
}
