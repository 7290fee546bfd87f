using System.Globalization;

namespace StreamFlow.Broker.Storage;

/// <summary>Where in a segment the batch is that holds an offset, or the first one behind it.</summary>
internal sealed record LocatedBatch(long Offset, int Position, BatchHeader Header);

/// <summary>
/// One log file and its index. Written under the partition lock; read by anyone who holds a reference, so that
/// retention and compaction can drop a segment while a reader is in the middle of it.
/// </summary>
internal sealed class Segment
{
    public const string LogSuffix = ".log";
    public const string IndexSuffix = ".idx";

    private readonly StorageFile _file;
    private SparseIndex? _index = new();
    private IndexCache? _cache;
    private bool _isUsed;
    private int _references = 1;
    private int _size;
    private int _flushedSize;
    private int _storedSize;
    private int _bytesSinceIndexEntry;
    private LocatedBatch? _lastLocated;
    private long _nextOffset;
    private long _maxTimestamp = RecordBatch.NoTimestamp;

    public Segment(StorageFile file, long baseOffset, long createdMs)
    {
        _file = file;
        BaseOffset = baseOffset;
        CreatedMs = createdMs;
        _nextOffset = baseOffset;
    }

    public long BaseOffset { get; }

    public StorageFile File => _file;

    /// <summary>The broker's time of the first append, for rolling by age.</summary>
    public long CreatedMs { get; set; }

    /// <summary>The broker's time of the last append, the age of a segment without timestamps.</summary>
    public long LastAppendMs { get; set; }

    /// <summary>Bytes of whole batches; readers never look beyond.</summary>
    public int Size => Volatile.Read(ref _size);

    public int FlushedSize => Volatile.Read(ref _flushedSize);

    public long NextOffset => Volatile.Read(ref _nextOffset);

    public long MaxTimestamp => Volatile.Read(ref _maxTimestamp);

    /// <summary>Its index, which is read from the disk if it is not in memory.</summary>
    /// <exception cref="IOException">Neither the index nor the segment can be read.</exception>
    public SparseIndex Index
    {
        get
        {
            if (Volatile.Read(ref _index) is not { } index)
            {
                return _cache!.Load(this);
            }

            if (!_isUsed)
            {
                _isUsed = true;
            }

            return index;
        }
    }

    /// <summary>Its place among those whose index is held; guarded by the cache.</summary>
    public LinkedListNode<Segment>? Held { get; set; }

    /// <summary>What a reader found that waits for more, or null. It holds as long as this: nothing that was appended moves.</summary>
    public LocatedBatch? LastLocated
    {
        get => Volatile.Read(ref _lastLocated);
        set => Volatile.Write(ref _lastLocated, value);
    }

    /// <summary>Whether the index on the disk says what the one in memory says.</summary>
    public bool IsIndexStored => _storedSize == Size;

    /// <summary>Whether a batch still fits; relative offsets in the index are 32 bits wide.</summary>
    public bool HasRoomFor(int bytes, long lastOffset, int limit) =>
        (long)_size + bytes <= limit && lastOffset - BaseOffset <= int.MaxValue;

    public static string FileName(long baseOffset, string suffix) =>
        baseOffset.ToString("D20", CultureInfo.InvariantCulture) + suffix;

    /// <summary>Writes a batch behind the last one. When this throws, nothing of it has become visible.</summary>
    public void Append(ReadOnlySpan<byte> batch, in BatchHeader header, int indexInterval)
    {
        _file.Write(batch, _size);
        Register(header, _size, indexInterval);
        Volatile.Write(ref _size, _size + batch.Length);
    }

    /// <summary>Takes a batch that is already in the file into account.</summary>
    public void Accept(in BatchHeader header, int indexInterval)
    {
        Register(header, _size, indexInterval);
        Volatile.Write(ref _size, _size + header.TotalSize);
    }

    /// <summary>Takes over what a stored index says about a closed segment.</summary>
    public void Restore(SparseIndex index, int size, long nextOffset, long maxTimestamp)
    {
        _index = index;
        _nextOffset = nextOffset;
        _maxTimestamp = maxTimestamp;
        Volatile.Write(ref _size, size);
    }

    /// <summary>Cuts everything behind the last whole batch.</summary>
    public void TruncateToSize()
    {
        if (_file.Length != _size)
        {
            _file.SetLength(_size);
        }
    }

    /// <summary>Makes everything written so far durable.</summary>
    public void Flush()
    {
        var size = Size;
        if (size == FlushedSize)
        {
            return;
        }

        _file.FlushData();
        MarkFlushed(size);
    }

    /// <summary>The index of that many bytes is on the disk.</summary>
    public void MarkIndexStored(int size) => _storedSize = size;

    /// <summary>
    /// The index that is on the disk is enough from here on: nothing is added to a closed segment. To be called once
    /// <see cref="IsIndexStored"/> says so.
    /// </summary>
    public void LeaveIndexOnDisk(IndexCache cache)
    {
        _cache = cache;
        Volatile.Write(ref _index, null);
    }

    /// <summary>Takes an index that was read, under the lock of the cache; the one that is there already if there is.</summary>
    public SparseIndex? Hold(SparseIndex index)
    {
        if (_index is { } already)
        {
            return already;
        }

        // One that is gone, and read by who came before, is held by nobody.
        if (Volatile.Read(ref _references) <= 0)
        {
            return index;
        }

        _isUsed = true;
        Volatile.Write(ref _index, index);
        return null;
    }

    /// <summary>Gives the index up, under the lock of the cache; answers what it took.</summary>
    public long LetGo()
    {
        var bytes = _index!.Bytes;
        Volatile.Write(ref _index, null);
        return bytes;
    }

    /// <summary>Whether it was used since this was last asked.</summary>
    public bool TakeUsed()
    {
        var isUsed = _isUsed;
        _isUsed = false;
        return isUsed;
    }

    public void MarkFlushed(int size) => Volatile.Write(ref _flushedSize, size);

    /// <summary>Keeps the file open until <see cref="Release"/>; false when it is gone already.</summary>
    public bool TryAcquire()
    {
        var seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            var before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            _file.Dispose();
            _cache?.Forget(this);
        }
    }

    private void Register(in BatchHeader header, int position, int indexInterval)
    {
        if (position == 0 || _bytesSinceIndexEntry >= indexInterval)
        {
            var relative = (int)(header.BaseOffset - BaseOffset);
            _index!.Add(new IndexEntry(relative, position, position == 0 ? long.MinValue : _maxTimestamp));
            _bytesSinceIndexEntry = 0;
        }

        _bytesSinceIndexEntry += header.TotalSize;
        if (header.MaxTimestamp > _maxTimestamp)
        {
            Volatile.Write(ref _maxTimestamp, header.MaxTimestamp);
        }

        Volatile.Write(ref _nextOffset, header.NextOffset);
    }
}
