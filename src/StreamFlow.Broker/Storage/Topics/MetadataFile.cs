using System.Globalization;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// What the data directory holds, on the disk: a file with all of it, and one that changes are appended to, each fsynced before
/// it is answered. When the changes have become as large as the whole, that is written anew. So a change costs what it says,
/// however many topics there are.
/// </summary>
internal sealed class MetadataFile : IDisposable
{
    /// <summary>Changes below this are not worth a new file.</summary>
    private const int SmallestRewrite = 64 * 1024;

    private readonly OrderedLock _gate = new(LockRank.Metadata);
    private readonly FileSystem _files;
    private readonly string _directory;
    private readonly Dictionary<Guid, TopicMetadata> _topics = [];
    private readonly HashSet<Guid> _deleting = [];
    private readonly string _clusterId;
    private long _nextProducerId;
    private long _generation;
    private long _wholeBytes;
    private StorageFile? _changes;
    private long _changedBytes;
    private bool _mustRewrite;

    private MetadataFile(FileSystem files, string directory, StoreMetadata whole)
    {
        _files = files;
        _directory = directory;
        _clusterId = whole.ClusterId;
        _generation = whole.Generation;
        _nextProducerId = whole.NextProducerId;
        _deleting.UnionWith(whole.Deleting);
        foreach (var topic in whole.Topics)
        {
            _topics[topic.Id] = topic;
        }
    }

    public string ClusterId => _clusterId;

    /// <summary>Everything as it is now.</summary>
    public StoreMetadata Current
    {
        get
        {
            using (_gate.Enter())
            {
                return Whole();
            }
        }
    }

    /// <summary>Reads what there is; null in a directory without any.</summary>
    /// <exception cref="InvalidDataException">It is unreadable or from a newer version.</exception>
    /// <exception cref="IOException">The file of changes cannot be opened or cut.</exception>
    public static MetadataFile? Load(StoreOptions options)
    {
        if (StoreMetadata.Load(options.DataDirectory) is not { } whole)
        {
            return null;
        }

        var file = new MetadataFile(options.Files, options.DataDirectory, whole)
        {
            _wholeBytes = new FileInfo(Path.Combine(options.DataDirectory, StoreMetadata.FileName)).Length,
        };
        try
        {
            file.ReadChanges(options);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Begins one; durable when this returns.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static MetadataFile Create(StoreOptions options, string clusterId)
    {
        var file = new MetadataFile(options.Files, options.DataDirectory, new StoreMetadata { ClusterId = clusterId });
        file.Rewrite();
        return file;
    }

    /// <summary>Makes a change, first on the disk; durable when this returns.</summary>
    /// <exception cref="IOException">It could not be written; nothing has changed.</exception>
    public void Apply(MetadataChange change)
    {
        using (_gate.Enter())
        {
            var line = change.ToLine();
            if (_mustRewrite || _changedBytes + line.Length > Math.Max(SmallestRewrite, _wholeBytes))
            {
                var before = Whole();
                Take(change);
                try
                {
                    Rewrite();
                }
                catch
                {
                    Restore(before);
                    throw;
                }

                return;
            }

            Append(line);
            Take(change);
        }
    }

    /// <summary>Forgets a deleted topic in memory: the next change of any kind writes it, and late costs one look at the next start.</summary>
    public void Forget(Guid deleted)
    {
        using (_gate.Enter())
        {
            _deleting.Remove(deleted);
        }
    }

    /// <summary>Writes everything into one file, so that none of changes is left; for an orderly stop.</summary>
    public void TryFold()
    {
        using (_gate.Enter())
        {
            try
            {
                if (_changedBytes > 0)
                {
                    Rewrite();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Both files together say the same.
            }
        }
    }

    public void Dispose() => _changes?.Dispose();

    private static string ChangesName(long generation) =>
        string.Create(CultureInfo.InvariantCulture, $"meta-{generation}.changes");

    private StoreMetadata Whole() => new()
    {
        ClusterId = _clusterId, Generation = _generation, NextProducerId = _nextProducerId,
        Topics = [.. _topics.Values.OrderBy(static topic => topic.Name, StringComparer.Ordinal)], Deleting = [.. _deleting],
    };

    private void Restore(StoreMetadata before)
    {
        _topics.Clear();
        foreach (var topic in before.Topics)
        {
            _topics[topic.Id] = topic;
        }

        _deleting.Clear();
        _deleting.UnionWith(before.Deleting);
        _nextProducerId = before.NextProducerId;
    }

    private void Take(MetadataChange change)
    {
        foreach (var topic in change.Topics)
        {
            _topics[topic.Id] = topic;
        }

        foreach (var id in change.Deleted)
        {
            _topics.Remove(id);
            _deleting.Add(id);
        }

        _nextProducerId = change.NextProducerId ?? _nextProducerId;
    }

    private void Append(byte[] line)
    {
        var isNew = _changes is null;
        _changes ??= _files.Open(Path.Combine(_directory, ChangesName(_generation)), FileMode.Create);
        try
        {
            _changes.Write(line, _changedBytes);
            _changes.Flush();
            if (isNew)
            {
                _files.FlushDirectory(_directory);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is answered as refused, and must not be found after a crash. Whether it is gone only a new file tells for sure.
            _mustRewrite = true;
            TryCut();
            throw;
        }

        _changedBytes += line.Length;
    }

    private void TryCut()
    {
        try
        {
            _changes!.SetLength(_changedBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next change writes everything anew, and until then nothing more is answered.
        }
    }

    private void Rewrite()
    {
        // If this fails half-way the new file may be there, and changes to the old one are read by nobody.
        _mustRewrite = true;
        var whole = Whole() with { Generation = _generation + 1 };
        _wholeBytes = whole.Save(_files, _directory);
        var old = ChangesName(_generation);
        _generation++;
        _changes?.Dispose();
        (_changes, _changedBytes, _mustRewrite) = (null, 0, false);
        try
        {
            _files.Delete(Path.Combine(_directory, old));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nobody reads it any more; the next start deletes it.
        }
    }

    private void ReadChanges(StoreOptions options)
    {
        var own = Path.Combine(_directory, ChangesName(_generation));
        foreach (var stale in Directory.EnumerateFiles(_directory, "meta-*.changes").Where(path => path != own))
        {
            _files.Delete(stale);
        }

        if (!File.Exists(own))
        {
            return;
        }

        var content = File.ReadAllBytes(own).AsSpan();
        var at = 0;
        while (at < content.Length)
        {
            var length = content[at..].IndexOf((byte)'\n');
            if (length < 0 || MetadataChange.OfLine(content.Slice(at, length)) is not { } change)
            {
                break;
            }

            Take(change);
            at += length + 1;
        }

        CheckRest(own, content[at..]);
        _changes = _files.Open(own, FileMode.Open);
        _changedBytes = at;
        if (at < content.Length)
        {
            StorageLog.ChangeCut(options.Log, own, at, content.Length - at);
            _changes.SetLength(at);
            _changes.Flush();
        }

        Whole().Check(own);
    }

    /// <summary>The last line may be cut off by a crash: it was never answered. One with another behind it was damaged.</summary>
    private static void CheckRest(string path, ReadOnlySpan<byte> rest)
    {
        // From everywhere, since what was damaged may be the end of a line.
        for (var from = 1; from < rest.Length; from++)
        {
            var length = rest[from..].IndexOf((byte)'\n');
            if (length >= 0 && MetadataChange.OfLine(rest.Slice(from, length)) is not null)
            {
                throw new InvalidDataException(
                    $"'{path}' is damaged before its last line. Restore it, and {StoreMetadata.FileName}, from a backup, or move the data "
                    + "directory away to begin with an empty one.");
            }
        }
    }
}
