namespace StreamFlow.Broker.Storage;

/// <summary>
/// The files beside a log's segments: indexes and producer snapshots, written when a segment is closed, and all that
/// the next start needs in order to read nothing, at an orderly stop. Whoever calls has fsynced what they tell of.
/// </summary>
internal sealed class LogSideFiles(PartitionLog log, LogEnvironment environment, RecoveredLog recovered)
{
    /// <summary>The offset of the newest snapshot on the disk.</summary>
    public long SnapshotOffset { get; private set; } = recovered.SnapshotOffset;

    /// <summary>For segments that were just closed, oldest first.</summary>
    public void WriteClosed(IReadOnlyList<ClosedSegment> closed)
    {
        foreach (var segment in closed)
        {
            IndexFile.Save(environment.Files, log.LogDirectory, segment.Segment);
            segment.Segment.LeaveIndexOnDisk(environment.Indexes);
        }

        WriteSnapshot(closed[^1].EndOffset, closed[^1].Snapshot);
    }

    /// <summary>The producer table as it is now.</summary>
    public void WriteSnapshot()
    {
        byte[] content;
        long offset;
        using (log.Gate.Enter())
        {
            offset = log.LogEndOffset;
            content = ProducerSnapshot.Serialize(log.Producers, offset);
        }

        WriteSnapshot(offset, content);
    }

    /// <summary>Deletes the snapshots that say something else than the newest.</summary>
    public void KeepNewestSnapshot() => ProducerSnapshot.KeepOnly(environment.Files, log.LogDirectory, SnapshotOffset);

    /// <summary>What spares the next start to read the log; nothing when nothing was appended since the last time.</summary>
    public void WriteForStop()
    {
        var active = log.Segments[^1];
        if (active.Size > 0 && !active.IsIndexStored)
        {
            IndexFile.Save(environment.Files, log.LogDirectory, active);
        }

        if (SnapshotOffset != log.LogEndOffset)
        {
            WriteSnapshot();
        }
    }

    private void WriteSnapshot(long offset, byte[] content)
    {
        ProducerSnapshot.Write(environment.Files, log.LogDirectory, offset, content);
        SnapshotOffset = offset;
    }
}

/// <summary>A segment that was just closed, and the producers as of its end.</summary>
internal readonly record struct ClosedSegment(Segment Segment, byte[] Snapshot, long EndOffset);
