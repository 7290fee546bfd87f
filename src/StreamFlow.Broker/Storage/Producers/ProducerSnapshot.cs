using System.Globalization;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// The producer table at one offset, in a file named after it. Aborted transactions travel in it too, so that no
/// start has to read old segments for abort markers.
/// </summary>
internal static class ProducerSnapshot
{
    public const string Suffix = ".snapshot";
    private const int Version = 1;
    private const int KeptSnapshots = 2;

    public static byte[] Serialize(ProducerStateTable table, long offset)
    {
        using var writer = new WireWriter();
        writer.WriteInt32(Version);
        writer.WriteInt64(offset);
        writer.WriteInt32(table.Producers.Count);
        foreach (var state in table.Producers)
        {
            WriteProducer(writer, state);
        }

        var aborted = table.Aborted;
        writer.WriteInt32(aborted.Length);
        foreach (ref readonly var entry in aborted)
        {
            writer.WriteInt64(entry.ProducerId);
            writer.WriteInt64(entry.FirstOffset);
            writer.WriteInt64(entry.LastOffset);
            writer.WriteInt64(entry.LastStableOffset);
        }

        return writer.Close();
    }

    /// <summary>
    /// Loads the newest readable snapshot not beyond <paramref name="endOffset"/>; answers the table and the offset
    /// from which batches must be replayed, 0 without a snapshot. Snapshots beyond the end describe batches that
    /// recovery cut off, and are deleted.
    /// </summary>
    public static (ProducerStateTable Table, long Offset) LoadNewest(FileSystem files, string directory, long endOffset)
    {
        foreach (var (path, offset) in NewestFirst(directory))
        {
            if (offset > endOffset)
            {
                files.Delete(path);
                continue;
            }

            var table = new ProducerStateTable();
            if (TryParse(File.ReadAllBytes(path), table, out var parsed) && parsed == offset)
            {
                return (table, offset);
            }
        }

        return (new ProducerStateTable(), 0);
    }

    public static void Write(FileSystem files, string directory, long offset, ReadOnlySpan<byte> content)
    {
        files.ReplaceDurably(Path.Combine(directory, Segment.FileName(offset, Suffix)), content);
        foreach (var (path, _) in NewestFirst(directory).Skip(KeptSnapshots))
        {
            files.Delete(path);
        }
    }

    /// <summary>Deletes every snapshot but the one at <paramref name="offset"/>.</summary>
    public static void KeepOnly(FileSystem files, string directory, long offset)
    {
        foreach (var (path, found) in NewestFirst(directory))
        {
            if (found != offset)
            {
                files.Delete(path);
            }
        }
    }

    private static List<(string Path, long Offset)> NewestFirst(string directory)
    {
        var found = new List<(string Path, long Offset)>();
        foreach (var path in Directory.EnumerateFiles(directory, "*" + Suffix))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
            {
                found.Add((path, offset));
            }
        }

        found.Sort(static (left, right) => right.Offset.CompareTo(left.Offset));
        return found;
    }

    private static void WriteProducer(WireWriter writer, ProducerState state)
    {
        writer.WriteInt64(state.ProducerId);
        writer.WriteInt16(state.Epoch);
        writer.WriteInt32(state.CoordinatorEpoch);
        writer.WriteInt64(state.LastUpdateMs);
        writer.WriteInt64(state.LastTimestamp);
        writer.WriteInt64(state.OpenTransactionFirstOffset);
        writer.WriteInt32(state.BatchCount);
        for (var i = 0; i < state.BatchCount; i++)
        {
            var batch = state.Batch(i);
            writer.WriteInt32(batch.FirstSequence);
            writer.WriteInt32(batch.LastSequence);
            writer.WriteInt64(batch.FirstOffset);
            writer.WriteInt64(batch.LastOffset);
        }
    }

    private static bool TryParse(byte[] content, ProducerStateTable table, out long offset)
    {
        offset = -1;
        if (!ByteReader.TryOpen(content, out var reader) || reader.Int32() != Version)
        {
            return false;
        }

        offset = reader.Int64();
        var producers = reader.Int32();
        for (var i = 0; i < producers && !reader.Failed; i++)
        {
            table.Restore(ReadProducer(ref reader));
        }

        var aborted = reader.Int32();
        for (var i = 0; i < aborted && !reader.Failed; i++)
        {
            table.RestoreAborted(
                new AbortedTransaction(reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64()));
        }

        return !reader.Failed;
    }

    private static ProducerState ReadProducer(ref ByteReader reader)
    {
        var state = new ProducerState(reader.Int64())
        {
            Epoch = reader.Int16(),
            CoordinatorEpoch = reader.Int32(),
            LastUpdateMs = reader.Int64(),
            LastTimestamp = reader.Int64(),
            OpenTransactionFirstOffset = reader.Int64(),
        };
        var batches = reader.Int32();
        for (var i = 0; i < batches && !reader.Failed; i++)
        {
            state.Remember(new ProducedBatch(reader.Int32(), reader.Int32(), reader.Int64(), reader.Int64()));
        }

        return state;
    }
}
