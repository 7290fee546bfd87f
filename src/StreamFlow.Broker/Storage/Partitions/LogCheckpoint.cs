namespace StreamFlow.Broker.Storage;

/// <summary>From which offset on batches carry a leader epoch.</summary>
internal readonly record struct EpochStart(int Epoch, long StartOffset);

/// <summary>
/// The small durable facts about a partition that its log files do not tell: where the log starts, how far it is
/// known to be fsynced, how far it is compacted, and its leader epochs.
/// </summary>
internal sealed record LogCheckpoint
{
    public const string FileName = "checkpoint";
    private const int Version = 1;

    public long LogStartOffset { get; init; }

    /// <summary>Everything below is fsynced and was verified; recovery reads checksums from here on.</summary>
    public long RecoveryPoint { get; init; }

    public long CleanedTo { get; init; }

    public EpochStart[] Epochs { get; init; } = [new EpochStart(0, 0)];

    /// <summary>Null when there is none or it is unreadable: then everything is verified from the start.</summary>
    public static LogCheckpoint? Load(string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path) || !ByteReader.TryOpen(File.ReadAllBytes(path), out var reader)
            || reader.Int32() != Version)
        {
            return null;
        }

        var (start, recovery, cleaned) = (reader.Int64(), reader.Int64(), reader.Int64());
        var count = reader.Int32();
        var epochs = new List<EpochStart>();
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            epochs.Add(new EpochStart(reader.Int32(), reader.Int64()));
        }

        return reader.Failed || epochs.Count == 0
            ? null
            : new LogCheckpoint
            {
                LogStartOffset = start, RecoveryPoint = recovery, CleanedTo = cleaned, Epochs = [.. epochs],
            };
    }

    public void Save(FileSystem files, string directory)
    {
        var writer = new ByteWriter();
        writer.Int32(Version);
        writer.Int64(LogStartOffset);
        writer.Int64(RecoveryPoint);
        writer.Int64(CleanedTo);
        writer.Int32(Epochs.Length);
        foreach (var epoch in Epochs)
        {
            writer.Int32(epoch.Epoch);
            writer.Int64(epoch.StartOffset);
        }

        files.ReplaceDurably(Path.Combine(directory, FileName), writer.Finish());
    }
}
