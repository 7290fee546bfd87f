using System.Collections.Concurrent;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>The real disk, until a test says that it is full or fails.</summary>
internal sealed class FaultyFileSystem : FileSystem
{
    private long _bytesLeft = long.MaxValue;

    /// <summary>Only files whose path contains this are hit.</summary>
    public string Target { get; set; } = "";

    public volatile bool FailFlush;

    /// <summary>No file can be opened any more, as when handles have run out.</summary>
    public volatile bool FailOpen;

    /// <summary>What the disk makes of a file whose fsync fails: the kernel may drop what it could not write.</summary>
    public Action<StorageFile>? OnFailedFlush { get; set; }

    private readonly ConcurrentDictionary<StorageFile, bool> _failed = [];

    /// <summary>Whether an fsync was asked for again of a file that one had failed of: it would say that all is well.</summary>
    public bool FlushedAgain { get; private set; }

    /// <summary>Runs before every fsync of a file.</summary>
    public Action<string>? BeforeFlush { get; set; }

    /// <summary>Runs before every rename; may throw.</summary>
    public Action<string, string>? BeforeRename { get; set; }

    /// <summary>Runs before a file is opened or made; may throw.</summary>
    public Action<string, FileMode>? BeforeOpen { get; set; }

    /// <summary>Nothing is really forced to the disk, for tests that only count.</summary>
    public bool PretendFlush { get; set; }

    private int _operations;

    /// <summary>Files opened, written, flushed, renamed and deleted, and directories flushed.</summary>
    public int Operations => Volatile.Read(ref _operations);

    private readonly ConcurrentDictionary<string, long> _written = [];

    /// <summary>Bytes that were written to files whose path contains this.</summary>
    public long WrittenTo(string part) =>
        _written.Where(pair => pair.Key.Contains(part, StringComparison.Ordinal)).Sum(static pair => pair.Value);

    /// <summary>Runs before every deletion.</summary>
    public Action<string>? BeforeDelete { get; set; }

    private int _flushes;

    public int Flushes => Volatile.Read(ref _flushes);

    /// <summary>The files of which only the data was to be flushed, in order; each is among <see cref="Flushes"/> too.</summary>
    public ConcurrentQueue<string> DataFlushed { get; } = [];

    /// <summary>After this many more bytes the disk is full; a write that crosses the limit is cut there.</summary>
    public void FillUpAfter(long bytes) => Interlocked.Exchange(ref _bytesLeft, bytes);

    public override StorageFile Open(string path, FileMode mode)
    {
        Interlocked.Increment(ref _operations);
        BeforeOpen?.Invoke(path, mode);
        if (FailOpen && path.Contains(Target, StringComparison.Ordinal))
        {
            throw new IOException("Too many open files (injected)");
        }

        using var file = Disk.Open(path, mode);
        return new StorageFile(this, path, File.OpenHandle(
            path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
    }

    public override void Write(StorageFile file, ReadOnlySpan<byte> bytes, long position)
    {
        Interlocked.Increment(ref _operations);
        var length = bytes.Length;
        _written.AddOrUpdate(file.Path, length, (_, sum) => sum + length);
        if (!file.Path.Contains(Target, StringComparison.Ordinal))
        {
            Disk.Write(file, bytes, position);
            return;
        }

        var left = Interlocked.Add(ref _bytesLeft, -bytes.Length) + bytes.Length;
        if (left >= bytes.Length)
        {
            Disk.Write(file, bytes, position);
            return;
        }

        Disk.Write(file, bytes[..(int)Math.Max(0, left)], position);
        Interlocked.Exchange(ref _bytesLeft, 0);
        throw new IOException("No space left on device (injected)");
    }

    private long _bytesRead;

    /// <summary>Bytes that were read from logs.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public override int Read(StorageFile file, Span<byte> bytes, long position)
    {
        var read = Disk.Read(file, bytes, position);
        Interlocked.Add(ref _bytesRead, read);
        return read;
    }

    public override void SetLength(StorageFile file, long length) => Disk.SetLength(file, length);

    public override void Flush(StorageFile file)
    {
        Interlocked.Increment(ref _operations);
        BeforeFlush?.Invoke(file.Path);
        Interlocked.Increment(ref _flushes);
        FlushedAgain |= _failed.ContainsKey(file);
        if (FailFlush && file.Path.Contains(Target, StringComparison.Ordinal))
        {
            _failed[file] = true;
            OnFailedFlush?.Invoke(file);
            throw new IOException("Input/output error (injected)");
        }

        if (!PretendFlush)
        {
            Disk.Flush(file);
        }
    }

    public override void FlushData(StorageFile file)
    {
        DataFlushed.Enqueue(file.Path);
        Flush(file);
    }

    public override void Rename(string from, string to)
    {
        Interlocked.Increment(ref _operations);
        BeforeRename?.Invoke(from, to);
        Disk.Rename(from, to);
    }

    public override void Delete(string path)
    {
        Interlocked.Increment(ref _operations);
        BeforeDelete?.Invoke(path);
        Disk.Delete(path);
    }

    public override void FlushDirectory(string path)
    {
        Interlocked.Increment(ref _operations);
        if (!PretendFlush)
        {
            Disk.FlushDirectory(path);
        }
    }
}
