namespace StreamFlow.Broker.Testing;

/// <summary>
/// A disk that knows what no fsync has covered, so that a crash can leave exactly what it would have left. A flush is remembered and not
/// carried out: the power of this machine is not what is cut. Everything happens under one lock, so that what a crash leaves is of one moment.
/// </summary>
internal sealed class TestDisk(string root) : FileSystem
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, UnflushedFile> _files = [];
    private readonly Dictionary<string, List<UnflushedEntry>> _entries = [];

    /// <summary>Whether it takes no more bytes.</summary>
    public volatile bool IsFull;

    /// <summary>Copies what a crash at this moment leaves to another folder.</summary>
    public void Leave(CrashKind kind, string target)
    {
        lock (_gate)
        {
            Copy(target);
            if (kind == CrashKind.PowerCut)
            {
                ForgetUnflushed(target);
            }
        }
    }

    public override StorageFile Open(string path, FileMode mode)
    {
        lock (_gate)
        {
            if (!File.Exists(path))
            {
                Entries(path).Add(new UnflushedEntry(path, null, null));
            }
            else if (mode == FileMode.Create)
            {
                using StorageFile before = Disk.Open(path, FileMode.Open);
                Unflushed(path, before.Length).Cut(before, 0);
            }

            return new StorageFile(this, path, Disk.Open(path, mode).Handle);
        }
    }

    public override void Write(StorageFile file, ReadOnlySpan<byte> bytes, long position)
    {
        lock (_gate)
        {
            if (IsFull)
            {
                throw new IOException("No space left on device (a test has filled it)");
            }

            Unflushed(file.Path, file.Length).Overwrite(file, position, bytes.Length);
            Disk.Write(file, bytes, position);
        }
    }

    public override int Read(StorageFile file, Span<byte> bytes, long position) => Disk.Read(file, bytes, position);

    public override void SetLength(StorageFile file, long length)
    {
        lock (_gate)
        {
            Unflushed(file.Path, file.Length).Cut(file, length);
            Disk.SetLength(file, length);
        }
    }

    public override void Flush(StorageFile file)
    {
        lock (_gate)
        {
            _files.Remove(file.Path);
        }
    }

    public override void Rename(string from, string to)
    {
        lock (_gate)
        {
            Entries(to).Add(new UnflushedEntry(from, to, File.Exists(to) ? FlushedContent(to) : null));
            Disk.Rename(from, to);
            _files.Remove(to);
            if (_files.Remove(from, out UnflushedFile? moved))
            {
                _files[to] = moved;
            }
        }
    }

    public override void Delete(string path)
    {
        lock (_gate)
        {
            if (File.Exists(path))
            {
                Entries(path).Add(new UnflushedEntry(path, null, FlushedContent(path)));
                Disk.Delete(path);
                _files.Remove(path);
            }
        }
    }

    public override void FlushDirectory(string path)
    {
        lock (_gate)
        {
            _entries.Remove(path);
        }
    }

    private UnflushedFile Unflushed(string path, long length) =>
        _files.TryGetValue(path, out UnflushedFile? file) ? file : _files[path] = new UnflushedFile(length);

    private List<UnflushedEntry> Entries(string path)
    {
        string directory = Path.GetDirectoryName(path)!;
        return _entries.TryGetValue(directory, out List<UnflushedEntry>? entries) ? entries : _entries[directory] = [];
    }

    private byte[] FlushedContent(string path)
    {
        using FileStream from = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] content = new byte[from.Length];
        from.ReadExactly(content);
        return _files.TryGetValue(path, out UnflushedFile? file) ? file.Flushed(content) : content;
    }

    private void Copy(string target)
    {
        Directory.CreateDirectory(target);
        foreach (string directory in Directory.GetDirectories(root, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(target, Path.GetRelativePath(root, directory)));
        }

        foreach (string file in Directory.GetFiles(root, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(file) == StoreMetadata.LockName)
            {
                continue;
            }

            using FileStream from = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using FileStream to = File.Create(Path.Combine(target, Path.GetRelativePath(root, file)));
            from.CopyTo(to);
        }
    }

    private void ForgetUnflushed(string target)
    {
        foreach ((string path, UnflushedFile file) in _files)
        {
            string copy = In(target, path);
            if (File.Exists(copy))
            {
                File.WriteAllBytes(copy, file.Flushed(File.ReadAllBytes(copy)));
            }
        }

        foreach (UnflushedEntry entry in _entries.Values.SelectMany(static entries => Enumerable.Reverse(entries)))
        {
            entry.Undo(path => In(target, path));
        }
    }

    private string In(string target, string path) => Path.Combine(target, Path.GetRelativePath(root, path));
}
