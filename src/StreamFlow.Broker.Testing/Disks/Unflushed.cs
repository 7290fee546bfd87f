namespace StreamFlow.Broker.Testing;

/// <summary>What an fsync would have covered of a file that was written to since.</summary>
/// <param name="length">Its length then.</param>
internal sealed class UnflushedFile(long length)
{
    private readonly List<(long At, byte[] Before)> _lost = [];

    /// <summary>Bytes are about to be written.</summary>
    public void Overwrite(StorageFile file, long position, int count) => Remember(file, position, position + count);

    /// <summary>The file is about to be cut, or made longer.</summary>
    public void Cut(StorageFile file, long newLength) => Remember(file, newLength, long.MaxValue);

    /// <summary>The content without what no fsync has covered.</summary>
    public byte[] Flushed(byte[] written)
    {
        byte[] flushed = new byte[length];
        written.AsSpan(0, (int)Math.Min(written.Length, length)).CopyTo(flushed);
        foreach ((long at, byte[] before) in Enumerable.Reverse(_lost))
        {
            before.CopyTo(flushed.AsSpan((int)at));
        }

        return flushed;
    }

    private void Remember(StorageFile file, long from, long to)
    {
        // What was behind the end is not there again afterwards anyway.
        to = Math.Min(Math.Min(to, length), file.Length);
        if (from < to)
        {
            byte[] before = new byte[to - from];
            file.Read(before, from);
            _lost.Add((from, before));
        }
    }
}

/// <summary>A file that was created (only a path), deleted (its content) or renamed (what it replaced), in a folder that was not flushed since.</summary>
internal sealed record UnflushedEntry(string Path, string? RenamedTo, byte[]? Content)
{
    public void Undo(Func<string, string> copyOf)
    {
        string path = copyOf(Path);
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(path)))
        {
            // A deleted topic's, which goes at once with all that is in it.
            return;
        }

        if (RenamedTo is null)
        {
            Restore(path);
            return;
        }

        string to = copyOf(RenamedTo);
        if (File.Exists(to))
        {
            File.Move(to, path, overwrite: true);
        }

        if (Content is not null)
        {
            File.WriteAllBytes(to, Content);
        }
    }

    private void Restore(string path)
    {
        if (Content is null)
        {
            File.Delete(path);
        }
        else
        {
            File.WriteAllBytes(path, Content);
        }
    }
}
