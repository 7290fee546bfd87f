namespace StreamFlow.Broker.Storage;

/// <summary>Makes the producer table at the end of a log: from its newest snapshot and the batches behind that.</summary>
internal sealed class ProducerReplay(FileSystem files, string directory, long nowMs)
{
    /// <summary>Bytes replayed from which on a snapshot is cheaper than doing it again after the next crash.</summary>
    private const long WorthASnapshot = 1024 * 1024;

    private long _replayed;

    public ProducerStateTable Table { get; private set; } = new();

    /// <summary>The offset of the newest snapshot on the disk, 0 without one.</summary>
    public long SnapshotOffset { get; private set; }

    public void Run(IReadOnlyList<Segment> segments, long endOffset, long logStartOffset)
    {
        (Table, SnapshotOffset) = ProducerSnapshot.LoadNewest(files, directory, endOffset);
        var buffer = new byte[64 * 1024];
        foreach (var segment in segments)
        {
            if (segment.NextOffset > SnapshotOffset)
            {
                Replay(segment, buffer);
            }
        }

        Table.ForgetAbortedBelow(logStartOffset);
    }

    /// <summary>Spares the next start what this one has replayed, if it was much. What it tells of must be durable.</summary>
    public void SaveSnapshot(long endOffset)
    {
        if (_replayed >= WorthASnapshot)
        {
            ProducerSnapshot.Write(files, directory, endOffset, ProducerSnapshot.Serialize(Table, endOffset));
            SnapshotOffset = endOffset;
        }
    }

    private void Replay(Segment segment, byte[] buffer)
    {
        var start = segment.Index.FloorPosition(SnapshotOffset - segment.BaseOffset);
        var walker = new BatchWalker(segment.File, start, segment.Size, buffer);
        while (walker.MoveNext())
        {
            var header = walker.Current;
            if (header.BaseOffset < SnapshotOffset || header.ProducerId < 0)
            {
                continue;
            }

            _replayed += header.TotalSize;
            if (!header.IsControl)
            {
                Table.ApplyData(header, header.BaseOffset, nowMs);
            }
            else if (ControlRecord.TryRead(Whole(segment.File, walker), out var isCommit, out var coordinatorEpoch))
            {
                Table.ApplyMarker(header, header.BaseOffset, isCommit, coordinatorEpoch, nowMs);
            }
        }
    }

    private static ReadOnlySpan<byte> Whole(StorageFile file, in BatchWalker walker)
    {
        if (walker.Buffered is { IsEmpty: false } buffered)
        {
            return buffered;
        }

        var batch = new byte[walker.Current.TotalSize];
        return batch.AsSpan(0, file.Read(batch, walker.Position));
    }
}
