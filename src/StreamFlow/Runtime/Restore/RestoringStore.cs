using System.Runtime.ExceptionServices;
using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// A store on its way from where its local data ends to where its changelog ended when the restore began. The restore
/// thread fills one batch while the writer's thread writes the one before; each batch carries the changelog offset it
/// corresponds to, and they are written in order, so that a crash leaves the store at one of these offsets.
/// </summary>
internal sealed class RestoringStore
{
    private readonly TaskStore _store;
    private readonly Lock _reading = new();
    private readonly Lock _writing = new();
    private StoreBatch? _filling;
    private StoreBatch? _full;
    private bool _abandoned;
    private bool _isRead;
    private bool _isHandedOver;
    private volatile bool _isWriteDue;
    private volatile Exception? _writeFailure;
    private long _begin;
    private long _end = -1;
    private bool _isTold;
    private long _handedOver;
    private long _written;
    private ApplicationMeter? _meter;
    private RestoreCounts? _counts;

    public RestoringStore(StreamTask task, TaskStore store)
    {
        Task = task;
        _store = store;
        StoredOffset = store.ChangelogOffset;
        Changelog = store.RestoredFrom!.Value;
        if (store.Source is not null && StoredOffset is null && Committed <= 0)
        {
            // An input of which nothing was committed, or that this task does not have: there is nothing to ask the broker.
            _end = 0;
            _isRead = _isHandedOver = true;
        }
    }

    public StreamTask Task { get; }

    public string Name => _store.Store.Name;

    public TopicPartition Changelog { get; }

    /// <summary>Offset up to which the local data is complete; null when there is none.</summary>
    public long? StoredOffset { get; }

    public bool IsLocated => _end >= 0;

    /// <summary>
    /// The first time there is something to tell of: behind the last record there may be nothing but the marks of transactions.
    /// </summary>
    /// <param name="from">Offset at which the restore began.</param>
    public bool TryTakeBegin(out long from)
    {
        from = _begin;
        var isFirst = Applied > 0 && !_isTold;
        _isTold |= isFirst;
        return isFirst;
    }

    /// <summary>Whether there is more to read.</summary>
    public bool IsReadable => IsLocated && !_isRead;

    /// <summary>Whether all is read and written.</summary>
    public bool IsDone => _isHandedOver && !_isWriteDue && _writeFailure is null;

    /// <summary>Whether a batch waits for the writer or is being written.</summary>
    public bool IsWriteDue => _isWriteDue;

    /// <summary>Offset of the next changelog record to apply.</summary>
    public long Position { get; private set; }

    public long Applied { get; private set; }

    /// <summary>Up to where the input that serves as changelog was processed.</summary>
    private long Committed => Task.Committed.FirstOrDefault(c => c.Partition == Changelog).Offset;

    /// <summary>Offset at which the restore is to end.</summary>
    public long End => _end;

    /// <summary>
    /// Where the task goes on with the input that its rows are of, if there is none of them and its changelog has never had one.
    /// </summary>
    public PartitionOffset? EmptyBefore =>
        _end == 0 && StoredOffset is null && _store is { Source: null, RowsOf: { } rows }
        && Task.Committed.FirstOrDefault(c => c.Partition == rows) is { Offset: > 0 } position
            ? position
            : null;

    public long Remaining => _isRead || !IsLocated ? 0 : Math.Max(0, _end - Position);

    /// <summary>Has its progress measured until it ends.</summary>
    public void Measure(ApplicationMeter meter)
    {
        _meter = meter;
        _counts = new RestoreCounts(meter.Tag, Task.Id, Name, () => Remaining);
        meter.Tasks.Restores.Add(_counts);
    }

    /// <summary>Finds where to begin and end.</summary>
    /// <returns>False when the local data does not fit the changelog.</returns>
    public bool Locate(long beginning, long end)
    {
        if (StoredOffset is { } stored && (stored < beginning || stored > end))
        {
            return false;
        }

        // What of an input is not committed the task will process; a store that was written before the commit is ahead of it.
        Position = StoredOffset ?? beginning;
        _end = _store.Source is null ? end : Math.Min(end, Math.Max(Committed, Position));
        _isRead = _isHandedOver = Position >= end;
        _begin = Position;
        return true;
    }

    /// <summary>Ends the restore where it stands; when this returns the store is no longer touched.</summary>
    public void Abandon()
    {
        lock (_reading)
        {
            lock (_writing)
            {
                _abandoned = true;
                if (_counts is not null)
                {
                    _meter!.Tasks.Restores.Remove(_counts);
                }

                _isWriteDue = false;
                _filling = _full = null;
            }
        }
    }

    /// <summary>Takes what was prefetched into the batch, and hands the batch over when it is full or the last one.</summary>
    /// <param name="reader">The changelog's records; null when all are read.</param>
    /// <param name="batchBytes">Bytes at which a batch is full.</param>
    /// <param name="writer">Gets the full batch.</param>
    /// <returns>Whether more can be taken at once.</returns>
    public bool Apply(PartitionReader? reader, int batchBytes, RestoreWriter writer)
    {
        if (_writeFailure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        lock (_reading)
        {
            if (_abandoned || _isHandedOver)
            {
                return false;
            }

            _filling ??= writer.Rent();
            var more = reader is not null && !_isRead && Fill(reader, _filling, batchBytes);
            if (_isRead || _filling.Bytes >= batchBytes)
            {
                more &= TryHandOver(writer, _filling);
            }

            return more && !_isRead;
        }
    }

    /// <summary>Writes the full batch. Called on the writer's thread.</summary>
    public void Write(RestoreWriter writer)
    {
        lock (_writing)
        {
            if (_abandoned || _full is null)
            {
                return;
            }

            try
            {
                _full.Sort();
                _store.Slot.Backend.Write(_full);
                writer.Return(_full);
                TellWritten();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // The restore thread meets it at its next turn.
                _writeFailure = exception;
            }

            _full = null;
            _isWriteDue = false;
        }
    }

    private void TellWritten()
    {
        if (_counts is not null)
        {
            _meter!.Tasks.Restored(_counts, _handedOver - _written);
        }

        _written = _handedOver;
    }

    private bool Fill(PartitionReader reader, StoreBatch batch, int batchBytes)
    {
        var more = true;
        while (more && !_isRead && batch.Bytes < batchBytes)
        {
            var records = reader.Next();
            more = records.Count > 0;
            for (var i = 0; i < records.Count && !_isRead; i++)
            {
                var headers = _store.Store.KeepsHeaders ? records.ReadHeaders(i) : null;
                Take(records.Read(i), headers, batch);
            }

            if (!more)
            {
                // Compaction, control records and aborted ones leave gaps: the reader knows how far it really is.
                Position = Math.Max(Position, reader.Position);
            }

            _isRead |= Position >= _end;
        }

        return more;
    }

    private void Take(in ByteRecord record, Headers? headers, StoreBatch batch)
    {
        if (record.Offset >= _end)
        {
            _isRead = true;
            return;
        }

        if (_store.Source is not { } source || source.IsRow(in record))
        {
            _store.Store.Restore(in record, headers, batch);
        }

        Position = record.Offset + 1;
        Applied++;
    }

    /// <summary>Hands the batch over unless the one before is still being written, or too many are.</summary>
    private bool TryHandOver(RestoreWriter writer, StoreBatch batch)
    {
        if (_isWriteDue || !writer.HasRoom)
        {
            return false;
        }

        _isHandedOver = _isRead;
        _filling = null;
        if (batch.Count == 0 && StoredOffset == Position)
        {
            writer.Return(batch);
            return true;
        }

        batch.SetChangelogOffset(_store.Index, Position);
        _store.Store.Logged(Position, batch);
        _full = batch;
        _handedOver = Applied;
        _isWriteDue = true;
        writer.Add(this);
        return true;
    }
}
