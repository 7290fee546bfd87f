using StreamFlow.Broker.Storage.Interop;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// Every effect the storage engine has on a disk goes through here, so that tests can fail a write after n bytes
/// or fail an fsync. One virtual call per system call: nothing measurable.
/// </summary>
internal abstract class FileSystem
{
    public static FileSystem Disk { get; } = new DiskFileSystem();

    public abstract StorageFile Open(string path, FileMode mode);

    public abstract void Write(StorageFile file, ReadOnlySpan<byte> bytes, long position);

    public abstract int Read(StorageFile file, Span<byte> bytes, long position);

    public abstract void SetLength(StorageFile file, long length);

    /// <summary>Makes a file durable with all that is known of it; what a file that is about to be renamed wants.</summary>
    public abstract void Flush(StorageFile file);

    /// <summary>
    /// Makes the bytes and the size of a file durable, which is all that a log needs. One that only has <see cref="Flush"/>
    /// does more, not less.
    /// </summary>
    public virtual void FlushData(StorageFile file) => Flush(file);

    public abstract void Rename(string from, string to);

    public abstract void Delete(string path);

    public abstract void FlushDirectory(string path);

    /// <summary>
    /// Replaces a small file so that a crash leaves either the old or the new content, never a mixture: written
    /// beside it, fsynced, renamed over it, directory fsynced.
    /// </summary>
    public void ReplaceDurably(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".tmp";
        using (var file = Open(temporary, FileMode.Create))
        {
            file.Write(content, 0);
            file.Flush();
        }

        Rename(temporary, path);
        FlushDirectory(Path.GetDirectoryName(path)!);
    }

    private sealed class DiskFileSystem : FileSystem
    {
        public override StorageFile Open(string path, FileMode mode) => new(this, path, File.OpenHandle(
            path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

        public override void Write(StorageFile file, ReadOnlySpan<byte> bytes, long position) =>
            RandomAccess.Write(file.Handle, bytes, position);

        public override int Read(StorageFile file, Span<byte> bytes, long position) =>
            RandomAccess.Read(file.Handle, bytes, position);

        public override void SetLength(StorageFile file, long length) => RandomAccess.SetLength(file.Handle, length);

        public override void Flush(StorageFile file) => FileFlush.All(file.Handle, file.Path);

        public override void FlushData(StorageFile file) => FileFlush.Data(file.Handle, file.Path);

        public override void Rename(string from, string to) => File.Move(from, to, overwrite: true);

        public override void Delete(string path) => File.Delete(path);

        public override void FlushDirectory(string path) => DirectoryFlush.Flush(path);
    }
}
