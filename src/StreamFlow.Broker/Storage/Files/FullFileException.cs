namespace StreamFlow.Broker.Storage;

/// <summary>What a small file keeps is all read at the start and written anew at each change: it may only grow so far.</summary>
internal sealed class FullFileException : Exception
{
    /// <summary>The size of such a file: some ten thousand users, rules or settings.</summary>
    public const int MaxBytes = 16 << 20;

    public FullFileException(string message)
        : base(message)
    {
    }

    public FullFileException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public FullFileException()
    {
    }

    /// <summary>Checks a content that is to take the place of a file's; one that is smaller than that may always.</summary>
    /// <exception cref="FullFileException">It is too large.</exception>
    public static void ThrowIfTooLarge(string path, int size)
    {
        if (size > MaxBytes && !(File.Exists(path) && size <= new FileInfo(path).Length))
        {
            throw new FullFileException(
                $"'{Path.GetFileName(path)}' would have {size:N0} bytes; it may have {MaxBytes:N0}. Remove what is not needed any more.");
        }
    }
}
