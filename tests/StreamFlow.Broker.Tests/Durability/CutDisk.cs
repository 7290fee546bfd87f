using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>
/// A disk that remembers what no fsync has covered, so that its power can be cut between any two operations. Of the
/// writes to a file any may survive, whole or in sectors, or the file's new length without them; of the creations,
/// renames and deletions in a directory the first so many. Nothing is really fsynced: the process lives on.
/// </summary>
internal sealed class CutDisk(string root) : FileSystem
{
    private const int Sector = 512;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<LostWrite>> _writes = [];
    private readonly Dictionary<string, List<LostEntry>> _entries = [];
    private Random? _cutter;
    private string? _image;

    /// <summary>Operations so far.</summary>
    public int Operations { get; private set; }

    /// <summary>The operation before which the power is cut; 0 for never.</summary>
    public int CutAt { get; private set; }

    /// <summary>The power was cut: what is done from here on happens on no disk.</summary>
    public bool IsCut { get; private set; }

    public void CutBefore(int operation, string image, Random random)
    {
        lock (_gate)
        {
            (CutAt, _image, _cutter) = (operation, image, random);
        }
    }

    /// <summary>Cuts the power now, if it was not before.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            if (!IsCut)
            {
                TakeImage();
            }
        }
    }

    public override StorageFile Open(string path, FileMode mode)
    {
        lock (_gate)
        {
            Count();
            if (!File.Exists(path))
            {
                Entries(path).Add(new LostEntry(path, null, null));
            }
            else if (mode == FileMode.Create && new FileInfo(path).Length > 0)
            {
                Writes(path).Add(new LostWrite(0, Content(path), Content(path).Length));
            }

            return new StorageFile(this, path, Disk.Open(path, mode).Handle);
        }
    }

    public override void Write(StorageFile file, ReadOnlySpan<byte> bytes, long position)
    {
        lock (_gate)
        {
            Count();
            long length = file.Length;
            var before = new byte[Math.Clamp(length - position, 0, bytes.Length)];
            _ = Disk.Read(file, before, position);
            Writes(file.Path).Add(new LostWrite(position, before, length));
            Disk.Write(file, bytes, position);
        }
    }

    public override int Read(StorageFile file, Span<byte> bytes, long position) => Disk.Read(file, bytes, position);

    public override void SetLength(StorageFile file, long length)
    {
        lock (_gate)
        {
            Count();
            long before = file.Length;
            var lost = new byte[Math.Max(0, before - length)];
            _ = Disk.Read(file, lost, length);
            Writes(file.Path).Add(new LostWrite(length, lost, before));
            Disk.SetLength(file, length);
        }
    }

    public override void Flush(StorageFile file)
    {
        lock (_gate)
        {
            Count();
            _writes.Remove(file.Path);
        }
    }

    public override void Rename(string from, string to)
    {
        lock (_gate)
        {
            Count();
            Entries(to).Add(new LostEntry(from, to, File.Exists(to) ? Content(to) : null));
            Disk.Rename(from, to);
            _writes.Remove(to);
            if (_writes.Remove(from, out List<LostWrite>? moved))
            {
                _writes[to] = moved;
            }
        }
    }

    public override void Delete(string path)
    {
        lock (_gate)
        {
            Count();
            if (File.Exists(path))
            {
                Entries(path).Add(new LostEntry(path, null, Content(path)));
                Disk.Delete(path);
                _writes.Remove(path);
            }
        }
    }

    public override void FlushDirectory(string path)
    {
        lock (_gate)
        {
            Count();
            _entries.Remove(path);
        }
    }

    private static byte[] Content(string path)
    {
        using var from = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var content = new byte[from.Length];
        from.ReadExactly(content);
        return content;
    }

    private List<LostWrite> Writes(string path) =>
        _writes.TryGetValue(path, out List<LostWrite>? writes) ? writes : _writes[path] = [];

    private List<LostEntry> Entries(string path)
    {
        string directory = Path.GetDirectoryName(path)!;
        return _entries.TryGetValue(directory, out List<LostEntry>? entries) ? entries : _entries[directory] = [];
    }

    private void Count()
    {
        Operations++;
        if (Operations == CutAt && !IsCut)
        {
            TakeImage();
        }
    }

    private void TakeImage()
    {
        IsCut = true;
        Support.DirectoryCopy.Of(root, _image!);
        foreach ((string path, List<LostWrite> writes) in _writes)
        {
            string copy = InImage(path);
            if (File.Exists(copy))
            {
                File.WriteAllBytes(copy, Survivors(File.ReadAllBytes(copy), writes));
            }
        }

        foreach (List<LostEntry> entries in _entries.Values)
        {
            int kept = _cutter!.Next(3) == 0 ? entries.Count : _cutter.Next(entries.Count + 1);
            for (int i = entries.Count - 1; i >= kept; i--)
            {
                Undo(entries[i]);
            }
        }
    }

    private byte[] Survivors(byte[] written, List<LostWrite> writes)
    {
        switch (_cutter!.Next(5))
        {
            case 0:
                return written;
            case 1:
                return Undo(written, writes, 0);
            case 2:
                return Undo(written, writes, _cutter.Next(writes.Count + 1));
            default:
                byte[] before = Undo(written, writes, 0);
                var mixed = new byte[Mix(before.Length, written.Length)];
                for (int at = 0; at < mixed.Length; at += Sector)
                {
                    byte[] source = _cutter.Next(4) == 0 ? before : written;
                    int length = Math.Min(Sector, mixed.Length - at);
                    source.AsSpan(Math.Min(at, source.Length), Math.Clamp(source.Length - at, 0, length))
                        .CopyTo(mixed.AsSpan(at));
                }

                return mixed;
        }
    }

    private int Mix(int before, int after) => _cutter!.Next(2) == 0
        ? after
        : _cutter.Next(Math.Min(before, after), Math.Max(before, after) + 1);

    private static byte[] Undo(byte[] content, List<LostWrite> writes, int kept)
    {
        for (int i = writes.Count - 1; i >= kept; i--)
        {
            LostWrite write = writes[i];
            var undone = new byte[write.LengthBefore];
            content.AsSpan(0, Math.Min(content.Length, undone.Length)).CopyTo(undone);
            if (write.Before.Length > 0)
            {
                write.Before.CopyTo(undone.AsSpan((int)write.Position));
            }

            content = undone;
        }

        return content;
    }

    private void Undo(LostEntry entry)
    {
        string path = InImage(entry.Path);
        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            // A deleted topic's, which goes at once with all that is in it.
            return;
        }

        if (entry.RenamedTo is { } renamedTo)
        {
            string to = InImage(renamedTo);
            if (File.Exists(to))
            {
                File.Move(to, path, overwrite: true);
            }

            if (entry.Content is not null)
            {
                File.WriteAllBytes(to, entry.Content);
            }
        }
        else if (entry.Content is not null)
        {
            File.WriteAllBytes(path, entry.Content);
        }
        else
        {
            File.Delete(path);
        }
    }

    private string InImage(string path) => Path.Combine(_image!, Path.GetRelativePath(root, path));

    /// <param name="Position">Where it began.</param>
    /// <param name="Before">What was there, as far as the file went.</param>
    /// <param name="LengthBefore">The file's length before.</param>
    private sealed record LostWrite(long Position, byte[] Before, long LengthBefore);

    /// <summary>A file that was created (nothing else given), deleted (its content) or renamed (what it replaced).</summary>
    private sealed record LostEntry(string Path, string? RenamedTo, byte[]? Content);
}
