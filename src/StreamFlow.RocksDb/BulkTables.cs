using System.Buffers.Binary;
using System.Diagnostics;
using StreamFlow.RocksDb.Interop;
using StreamFlow.State;

namespace StreamFlow.RocksDb;

/// <summary>
/// Writes the batches that fill a store past the memtables: each becomes one file of sorted entries, the changelog offset
/// among them, which the database takes over as a whole. That is a fraction of the work of memtable, flush and the
/// compaction of many small files, and what was taken over survives a crash at once.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="families">Settings of its column families, by index.</param>
/// <param name="path">Of the file, while it is written; on the database's file system.</param>
/// <param name="errors">Makes the exceptions.</param>
internal sealed class BulkTables(Database database, IReadOnlyList<FamilySettings> families, string path, RocksDbErrors errors)
{
    // A file for less than this costs more than the memtable.
    internal const int MinBytes = 1 << 20;

    /// <summary>
    /// Files of the first level that are merged at once while a store is being filled. Merging as few as usual would write
    /// each record several times before the last one has come.
    /// </summary>
    internal const int FilesWhileFilling = 64;

    private readonly Dictionary<int, int> _filling = [];
    private byte[] _key = new byte[128];
    private byte[] _end = new byte[128];

    /// <summary>Whether a batch is worth a file of its own and fits into one: it concerns a single store.</summary>
    public static bool Fits(StoreBatch batch)
    {
        if (!batch.IsBulk || batch.Bytes < MinBytes || batch.ChangelogOffsets.Count != 1)
        {
            return false;
        }

        var store = batch.ChangelogOffsets.Keys.First();
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch[i].Store != store)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Removes what a crash may have left beside the database.</summary>
    public void Clean() => File.Delete(path);

    /// <summary>Applies a sorted batch that <see cref="Fits"/>, to the family of its store.</summary>
    public void Write(StoreBatch batch, int family)
    {
        try
        {
            using (var file = TableFile.Create(path, families[family].Files, errors))
            {
                Fill(file, batch);
                file.Finish();
            }

            BeforeFile(family);
            database.Ingest(family, path);
        }
        finally
        {
            Clean();
        }
    }

    /// <summary>The family is filled no more: its files are merged as usual again, in the background.</summary>
    public void End(int family)
    {
        var usual = families[family].Options.MergeTrigger;
        if (_filling.GetValueOrDefault(family) >= usual)
        {
            database.SetMergeTrigger(family, usual);
        }

        _filling.Remove(family);
    }

    /// <summary>What comes in fewer files than are merged takes no more than these.</summary>
    private void BeforeFile(int family)
    {
        var files = _filling.GetValueOrDefault(family) + 1;
        var usual = families[family].Options.MergeTrigger;
        if (files == usual)
        {
            database.SetMergeTrigger(family, Math.Max(usual, FilesWhileFilling));
        }

        _filling[family] = files;
    }

    private void Fill(TableFile file, StoreBatch batch)
    {
        // The offset has the lowest key of all (see KeySpace).
        var offset = batch.ChangelogOffsets.Values.First();
        ArgumentOutOfRangeException.ThrowIfNegative(offset, nameof(batch));
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, offset);
        file.Put([KeySpace.Meta], bytes);
        for (var i = 0; i < batch.Count; i++)
        {
            var change = batch[i];
            var key = Prefixed(ref _key, change.Key);
            switch (change.Kind)
            {
                case StoreChangeKind.Put:
                    file.Put(key, change.Value);
                    break;
                case StoreChangeKind.Delete:
                    file.Delete(key);
                    break;
                case StoreChangeKind.DeleteRange:
                    DeleteRange(file, key, change.Value);
                    break;
                default:
                    throw new UnreachableException($"Unknown change {change.Kind}.");
            }
        }
    }

    private void DeleteRange(TableFile file, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        ReadOnlySpan<byte> end = to.IsEmpty ? [KeySpace.Data + 1] : Prefixed(ref _end, to);
        if (from.SequenceCompareTo(end) < 0)
        {
            file.DeleteRange(from, end);
        }
    }

    private static ReadOnlySpan<byte> Prefixed(ref byte[] buffer, ReadOnlySpan<byte> key)
    {
        var length = KeySpace.Length + key.Length;
        if (buffer.Length < length)
        {
            buffer = new byte[length * 2];
        }

        buffer[0] = KeySpace.Data;
        key.CopyTo(buffer.AsSpan(KeySpace.Length));
        return buffer.AsSpan(0, length);
    }
}
