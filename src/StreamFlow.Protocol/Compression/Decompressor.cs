namespace StreamFlow.Protocol.Compression;

/// <summary>
/// Opens one compressed section piece by piece, so that what it costs is bounded by what is read of it: not more memory than
/// a block or window of the codec, not more work than the limits allow. One thread at a time.
/// </summary>
internal abstract class Decompressor : IDisposable
{
    private readonly DecompressionBudget? _budget;
    private readonly long _most;
    private readonly int _sectionBytes;
    private long _produced;

    private protected Decompressor(int sectionBytes, DecompressionLimits limits, DecompressionBudget? budget)
    {
        _sectionBytes = sectionBytes;
        _most = limits.For(sectionBytes);
        _budget = budget;
    }

    /// <summary>Begins to open a section.</summary>
    /// <param name="codec">Any but none.</param>
    /// <param name="section">The section, to be given again to every <see cref="Read"/>.</param>
    /// <param name="limits">How large it may become.</param>
    /// <param name="budget">What the request may have decompressed in all; null without a limit.</param>
    /// <exception cref="InvalidDataException">The bytes are not of this codec.</exception>
    public static Decompressor Open(
        CompressionCodec codec, ReadOnlySpan<byte> section, DecompressionLimits limits, DecompressionBudget? budget) =>
        codec switch
        {
            CompressionCodec.Gzip => new GzipDecompressor(section, limits, budget),
            CompressionCodec.Snappy => new SnappyDecompressor(section, limits, budget),
            CompressionCodec.Lz4 => new Lz4Decompressor(section, limits, budget),
            CompressionCodec.Zstd => new ZstdDecompressor(section, limits, budget),
            _ => throw new ArgumentOutOfRangeException(
                nameof(codec), codec, "There is nothing to decompress; use gzip, snappy, lz4 or zstd."),
        };

    /// <summary>Fills what it can of the destination; 0 at the end of the section.</summary>
    /// <exception cref="InvalidDataException">
    /// The bytes are not of this codec. A gzip section that was cut off ends there; its count of records tells.
    /// </exception>
    /// <exception cref="CompressionLimitException">The section would become larger than is allowed.</exception>
    public int Read(ReadOnlySpan<byte> section, Span<byte> destination)
    {
        var read = ReadCore(section, destination);
        _produced += read;
        _budget?.Take(read);
        CheckClaim(0);
        return read;
    }

    public abstract void Dispose();

    private protected abstract int ReadCore(ReadOnlySpan<byte> section, Span<byte> destination);

    /// <summary>Looks, before memory is taken for a block, whether it would be too much.</summary>
    private protected void CheckClaim(long more)
    {
        if (_produced + more > _most)
        {
            throw new CompressionLimitException(
                $"{_sectionBytes} compressed bytes become more than {_most}, which is as much as they may; send smaller batches.");
        }
    }
}
