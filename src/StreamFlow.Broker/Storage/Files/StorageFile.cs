using Microsoft.Win32.SafeHandles;

namespace StreamFlow.Broker.Storage;

/// <summary>An open file addressed by position; safe for concurrent reads and one writer.</summary>
internal sealed class StorageFile(FileSystem fileSystem, string path, SafeFileHandle handle) : IDisposable
{
    public string Path { get; } = path;

    public SafeFileHandle Handle { get; } = handle;

    public long Length => RandomAccess.GetLength(Handle);

    /// <summary>The same open file under the name that it is about to get.</summary>
    public StorageFile Named(string newPath) => new(fileSystem, newPath, Handle);

    public void Write(ReadOnlySpan<byte> bytes, long position) => fileSystem.Write(this, bytes, position);

    /// <summary>Reads until the span is full or the file ends; answers the number of bytes read.</summary>
    public int Read(Span<byte> bytes, long position)
    {
        var total = 0;
        while (total < bytes.Length)
        {
            var read = fileSystem.Read(this, bytes[total..], position + total);
            if (read <= 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }

    public void SetLength(long length) => fileSystem.SetLength(this, length);

    /// <summary>See <see cref="FileSystem.Flush"/>.</summary>
    public void Flush() => fileSystem.Flush(this);

    /// <summary>See <see cref="FileSystem.FlushData"/>.</summary>
    public void FlushData() => fileSystem.FlushData(this);

    public void Dispose() => Handle.Dispose();
}
