namespace StreamFlow.Protocol.Compression;

/// <summary>
/// How large a section of records may become when it is opened. Its size is the producer's claim: a kilobyte of zstd may
/// stand for gigabytes.
/// </summary>
/// <param name="MaxBytes">The most bytes a section may hold.</param>
/// <param name="MaxRatio">The most bytes one compressed byte may stand for, beyond <paramref name="FreeBytes"/>.</param>
/// <param name="FreeBytes">Bytes that are allowed whatever the ratio: equal records compress well.</param>
internal sealed record DecompressionLimits(long MaxBytes, int MaxRatio, long FreeBytes)
{
    /// <summary>128 MiB, and beyond 16 MiB at most 256 bytes for each compressed one.</summary>
    public static DecompressionLimits Default { get; } = new(128L << 20, 256, 16L << 20);

    /// <summary>The most bytes that a section of this size may become.</summary>
    public long For(int sectionBytes) => Math.Min(MaxBytes, Math.Max(FreeBytes, (long)sectionBytes * MaxRatio));
}

/// <summary>
/// The bytes that one request may have decompressed, over all batches it has the broker look into. One thread at a time.
/// </summary>
internal sealed class DecompressionBudget(long bytes = DecompressionBudget.DefaultBytes)
{
    /// <summary>256 MiB: half a second of one core's work.</summary>
    public const long DefaultBytes = 256L << 20;

    private long _taken;

    /// <summary>Whether more was taken than there was.</summary>
    public bool IsSpent => _taken > bytes;

    public void Take(long decompressed)
    {
        _taken += decompressed;
        if (IsSpent)
        {
            throw new CompressionLimitException(
                $"The request had {bytes} bytes decompressed, which is as much as one may; ask for fewer partitions at once.");
        }
    }
}

/// <summary>A section was left alone because it, or what it would become, is larger than is allowed.</summary>
internal sealed class CompressionLimitException(string message) : Exception(message);
