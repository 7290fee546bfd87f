using StreamFlow.Cli.Output;
using StreamFlow.Protocol.Compression;
using StreamFlow.Protocol.Records;

namespace StreamFlow.Cli.Records;

/// <summary>How records of a batch are compressed.</summary>
internal sealed record Codec(string Name, short Number)
{
    public static Codec None { get; } = new("none", (short)CompressionCodec.None);

    public static IReadOnlyList<Codec> All { get; } =
    [
        None,
        new("gzip", (short)CompressionCodec.Gzip),
        new("snappy", (short)CompressionCodec.Snappy),
        new("lz4", (short)CompressionCodec.Lz4),
        new("zstd", (short)CompressionCodec.Zstd),
    ];

    public byte[] Compress(ReadOnlySpan<byte> section)
    {
        var codec = (CompressionCodec)Number;
        using var compressed = new PooledBuffer(Array.MaxLength);
        Compressor.Compress(codec, CompressionLevels.DefaultOf(codec), section, compressed);
        return compressed.Written.ToArray();
    }

    /// <summary>Opens the records of a batch.</summary>
    /// <exception cref="CommandException">They cannot be opened, or would be too many bytes.</exception>
    public static byte[] Open(in BatchHeader header, ReadOnlySpan<byte> batch)
    {
        using var opened = new PooledBuffer(Array.MaxLength);
        return RecordSection.TryOpen(batch, header, opened, out ReadOnlySpan<byte> plain, out var problem)
            ? plain.ToArray()
            : throw new CommandException($"The batch at offset {header.BaseOffset} cannot be opened: {problem}");
    }
}
