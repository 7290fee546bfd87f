namespace StreamFlow.Broker.Storage;

/// <summary>
/// The small durable facts about a partition that its log files do not tell: where the log starts, how far it is
/// known to be fsynced, how far it is compacted, its leader epochs, and since when its last segment is written to.
/// </summary>
internal sealed record LogCheckpoint
{
    public const string FileName = "checkpoint";
    private const int Version = 2;
    private const int FirstVersion = 1;

    public long LogStartOffset { get; init; }

    /// <summary>Everything below is fsynced and was verified; recovery reads checksums from here on.</summary>
    public long RecoveryPoint { get; init; }

    public long CleanedTo { get; init; }

    public EpochStart[] Epochs { get; init; } = [new EpochStart(0, 0)];

    /// <summary>The base offset of the segment that was written to when this was saved; -1 when nothing was known.</summary>
    public long ActiveBaseOffset { get; init; } = -1;

    /// <summary>The broker's time of that segment's first record.</summary>
    public long ActiveSinceMs { get; init; }

    /// <summary>Null when there is none or it is unreadable: then everything is verified from the start.</summary>
    public static LogCheckpoint? Load(string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path) || !ByteReader.TryOpen(File.ReadAllBytes(path), out var reader))
        {
            return null;
        }

        var version = reader.Int32();
        var (start, recovery, cleaned) = (reader.Int64(), reader.Int64(), reader.Int64());
        var count = reader.Int32();
        var epochs = new List<EpochStart>();
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            epochs.Add(new EpochStart(reader.Int32(), reader.Int64()));
        }

        var (activeBase, activeSince) = version == FirstVersion ? (-1, 0) : (reader.Int64(), reader.Int64());
        return reader.Failed || epochs.Count == 0 || version is < FirstVersion or > Version
            ? null
            : new LogCheckpoint
            {
                LogStartOffset = start, RecoveryPoint = recovery, CleanedTo = cleaned, Epochs = [.. epochs],
                ActiveBaseOffset = activeBase, ActiveSinceMs = activeSince,
            };
    }

    public void Save(FileSystem files, string directory)
    {
        using var writer = new WireWriter();
        writer.WriteInt32(Version);
        writer.WriteInt64(LogStartOffset);
        writer.WriteInt64(RecoveryPoint);
        writer.WriteInt64(CleanedTo);
        writer.WriteInt32(Epochs.Length);
        foreach (var epoch in Epochs)
        {
            writer.WriteInt32(epoch.Epoch);
            writer.WriteInt64(epoch.StartOffset);
        }

        writer.WriteInt64(ActiveBaseOffset);
        writer.WriteInt64(ActiveSinceMs);
        files.ReplaceDurably(Path.Combine(directory, FileName), writer.Close());
    }
}
