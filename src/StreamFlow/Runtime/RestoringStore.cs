using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>A store on its way from where its local data ends to where its changelog ended when the restore began.</summary>
internal sealed class RestoringStore
{
    private const long WriteBytes = 4 * 1024 * 1024;
    private readonly TaskStore _store;
    private readonly StoreBatch _batch = new();
    private readonly Lock _use = new();
    private bool _abandoned;
    private long _end = -1;

    public RestoringStore(StreamTask task, TaskStore store)
    {
        Task = task;
        _store = store;
        StoredOffset = store.ChangelogOffset;
        Changelog = store.Changelog!.Topic;
    }

    public StreamTask Task { get; }

    public string Name => _store.Store.Name;

    public TopicPartition Changelog { get; }

    /// <summary>Offset up to which the local data is complete; null when there is none.</summary>
    public long? StoredOffset { get; }

    public bool IsLocated => _end >= 0;

    public bool IsDone { get; private set; }

    /// <summary>Offset of the next changelog record to apply.</summary>
    public long Position { get; private set; }

    public long Applied { get; private set; }

    public long Remaining => IsDone || !IsLocated ? 0 : Math.Max(0, _end - Position);

    /// <summary>Finds where to begin and end.</summary>
    /// <returns>False when the local data does not fit the changelog.</returns>
    public bool Locate(long beginning, long end)
    {
        if (StoredOffset is { } stored && (stored < beginning || stored > end))
        {
            return false;
        }

        Position = StoredOffset ?? beginning;
        _end = end;
        IsDone = Position >= end;
        return true;
    }

    /// <summary>Ends the restore where it stands; when this returns the store is no longer touched.</summary>
    public void Abandon()
    {
        lock (_use)
        {
            _abandoned = true;
        }
    }

    /// <summary>Applies what was prefetched, up to one write's worth.</summary>
    /// <returns>Whether more may be waiting already.</returns>
    public bool Apply(PartitionReader reader)
    {
        lock (_use)
        {
            return !_abandoned && ApplyNext(reader);
        }
    }

    private bool ApplyNext(PartitionReader reader)
    {
        var more = true;
        while (more && !IsDone && _batch.Bytes < WriteBytes)
        {
            var records = reader.Next();
            more = records.Count > 0;
            for (var i = 0; i < records.Count && !IsDone; i++)
            {
                ApplyRecord(records.Read(i));
            }

            if (!more)
            {
                // Compaction, control records and aborted ones leave gaps: the reader knows how far it really is.
                Position = Math.Max(Position, reader.Position);
                IsDone |= reader.AtEnd;
            }

            IsDone |= Position >= _end;
        }

        if (IsDone || _batch.Bytes >= WriteBytes)
        {
            Write();
        }

        return more && !IsDone;
    }

    private void ApplyRecord(in ByteRecord record)
    {
        if (record.Offset >= _end)
        {
            IsDone = true;
            return;
        }

        _store.Store.Restore(in record, _batch);
        Position = record.Offset + 1;
        Applied++;
    }

    private void Write()
    {
        if (_batch.Count == 0 && StoredOffset == Position)
        {
            return;
        }

        _batch.SetChangelogOffset(_store.Index, Position);
        _batch.Sort();
        _store.Slot.Backend.Write(_batch);
        _batch.Clear();
    }
}
