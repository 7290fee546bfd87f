namespace StreamFlow.Protocol.Compression;

/// <summary>
/// Compresses one section of records, given piece by piece, as Kafka's Java clients write it. One thread at a time.
/// </summary>
internal abstract class Compressor : IDisposable
{
    /// <summary>Begins a section.</summary>
    /// <param name="codec">How to compress; none passes the bytes on.</param>
    /// <param name="level">A level of the codec, see <see cref="CompressionLevels"/>; without meaning for snappy and none.</param>
    /// <param name="destination">Where the section goes.</param>
    public static Compressor Create(CompressionCodec codec, int level, PooledBuffer destination) => codec switch
    {
        CompressionCodec.None => new PlainCompressor(destination),
        CompressionCodec.Gzip => new GzipCompressor(level, destination),
        CompressionCodec.Snappy => new SnappyCompressor(destination),
        CompressionCodec.Lz4 => new Lz4Compressor(level, destination),
        CompressionCodec.Zstd => new ZstdCompressor(level, destination),
        _ => throw new ArgumentOutOfRangeException(nameof(codec), codec, "Use none, gzip, snappy, lz4 or zstd."),
    };

    /// <summary>Compresses a whole section.</summary>
    public static void Compress(CompressionCodec codec, int level, ReadOnlySpan<byte> plain, PooledBuffer destination)
    {
        using var compressor = Create(codec, level, destination);
        compressor.Write(plain);
        compressor.Finish();
    }

    /// <exception cref="CompressionLimitException">The destination would become larger than it may.</exception>
    public abstract void Write(ReadOnlySpan<byte> plain);

    /// <summary>Writes what is still held back, and the end.</summary>
    /// <exception cref="CompressionLimitException">The destination would become larger than it may.</exception>
    public abstract void Finish();

    public abstract void Dispose();

    /// <summary>Leaves the bytes as they are.</summary>
    private sealed class PlainCompressor(PooledBuffer destination) : Compressor
    {
        public override void Write(ReadOnlySpan<byte> plain) => destination.Append(plain);

        public override void Finish()
        {
        }

        public override void Dispose()
        {
        }
    }
}
