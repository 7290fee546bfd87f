using System.Runtime.CompilerServices;
using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

/// <summary>
/// The position of one consumer in one partition. A batch is a copy that is overwritten when the next one is asked for,
/// so that code which keeps a span too long fails in a test as it would on native memory.
/// </summary>
internal sealed class InMemoryReader : PartitionReader
{
    private readonly MemoryCluster _cluster;
    private readonly PartitionLog _log;
    private readonly bool _readCommitted;
    private readonly List<LogEntry> _taken = [];
    private InMemoryBatch _batch = InMemoryBatch.Empty;
    private long _position = -1;
    private long _seenEnd;

    public InMemoryReader(MemoryCluster cluster, PartitionLog log, bool readCommitted, long start)
    {
        _cluster = cluster;
        _log = log;
        _readCommitted = readCommitted;
        Start = start;
    }

    public override TopicPartition Partition => _log.Partition;

    public override long Position => _position;

    /// <summary>Where to begin, as the owner said it; resolved into a position at a poll.</summary>
    public long Start { get; private set; }

    public bool IsResolved => _position >= 0;

    /// <summary>Seen as it is now, so that a single-threaded test need not poll once more to learn of an end.</summary>
    public override bool AtEnd
    {
        get
        {
            lock (_cluster.Gate)
            {
                return IsResolved && _position >= _log.End(_readCommitted);
            }
        }
    }

    /// <summary>Whether a poll has reason to return for this partition: something came since it was last looked
    /// at.</summary>
    public bool HasNews => IsResolved && Math.Max(_seenEnd, _position) < _log.End(_readCommitted);

    public override long KnownEnd
    {
        get
        {
            lock (_cluster.Gate)
            {
                return _log.End(_readCommitted);
            }
        }
    }

    public PartitionLog Log => _log;

    public void Resolve(long position) => _position = position;

    public void Seek(long start)
    {
        Start = start;
        _position = -1;
        _seenEnd = 0;
    }

    /// <summary>Remembers what is there: only what comes later is news, so that a partition which its owner does not
    /// read for the time being does not end every poll at once.</summary>
    public void Look()
    {
        if (IsResolved)
        {
            _seenEnd = _log.End(_readCommitted);
        }
    }

    public override RecordBatch Next()
    {
        lock (_cluster.Gate)
        {
            _batch.Release();
            _batch = InMemoryBatch.Empty;
            if (IsResolved && _position >= _log.StartOffset)
            {
                Take();
            }

            return _batch;
        }
    }

    public void Close() => _batch.Release();

    private void Take()
    {
        var end = _log.End(_readCommitted);
        _taken.Clear();
        while (_position < end && _taken.Count < _cluster.Options.MaxBatchRecords)
        {
            var entry = _log.At(_position++);
            if (entry.IsVisible(_readCommitted))
            {
                _taken.Add(entry);
            }
        }

        if (_taken.Count > 0)
        {
            _batch = new InMemoryBatch(_taken);
        }

        // What is left over is news again: the owner came back for more.
        _seenEnd = _position;
    }
}

/// <summary>A copy of some records in one buffer.</summary>
internal sealed class InMemoryBatch : RecordBatch
{
    public static readonly InMemoryBatch Empty = new([]);

    private const byte Released = 0xDD;
    private readonly Item[] _items;
    private readonly byte[] _bytes;
    private bool _isReleased;

    public InMemoryBatch(IReadOnlyList<LogEntry> entries)
    {
        _items = new Item[entries.Count];
        _bytes = new byte[entries.Sum(e => (e.Key?.Length ?? 0) + (e.Value?.Length ?? 0))];
        var at = 0;
        for (var i = 0; i < _items.Length; i++)
        {
            var entry = entries[i];
            _items[i] = new Item(entry, at);
            entry.Key?.CopyTo(_bytes, at);
            at += entry.Key?.Length ?? 0;
            entry.Value?.CopyTo(_bytes, at);
            at += entry.Value?.Length ?? 0;
        }
    }

    public override int Count => _items.Length;

    public override ByteRecord Read(int index)
    {
        ThrowIfReleased();
        var (entry, start) = _items[index];
        var keyLength = entry.Key?.Length ?? 0;
        return new ByteRecord
        {
            Key = _bytes.AsSpan(start, keyLength),
            Value = _bytes.AsSpan(start + keyLength, entry.Value?.Length ?? 0),
            HasKey = entry.Key is not null,
            HasValue = entry.Value is not null,
            Timestamp = entry.Timestamp,
            Offset = entry.Offset,
        };
    }

    public override long Timestamp(int index)
    {
        ThrowIfReleased();
        return _items[index].Entry.Timestamp;
    }

    public override Headers? ReadHeaders(int index)
    {
        ThrowIfReleased();
        return _items[index].Entry.Headers is { Count: > 0 } headers ? headers : null;
    }

    public void Release()
    {
        if (_items.Length > 0)
        {
            _isReleased = true;
            Array.Fill(_bytes, Released);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ThrowIfReleased()
    {
        if (_isReleased)
        {
            throw new InvalidOperationException(
                "The batch was released when the next one was asked for, or when its consumer was closed. "
                + "Copy what is needed longer.");
        }
    }

    private readonly record struct Item(LogEntry Entry, int Start);
}
