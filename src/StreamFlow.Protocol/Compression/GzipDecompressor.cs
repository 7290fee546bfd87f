using System.Buffers;
using System.IO.Compression;

namespace StreamFlow.Protocol.Compression;

/// <summary>Opens gzip.</summary>
internal sealed class GzipDecompressor : Decompressor
{
    private readonly byte[] _copy;
    private readonly GZipStream _stream;

    public GzipDecompressor(ReadOnlySpan<byte> section, DecompressionLimits limits, DecompressionBudget? budget)
        : base(section.Length, limits, budget)
    {
        // A stream cannot read from a span; the compressed bytes are the smaller part of the cost.
        _copy = ArrayPool<byte>.Shared.Rent(section.Length);
        section.CopyTo(_copy);
        _stream = new GZipStream(new MemoryStream(_copy, 0, section.Length, writable: false), CompressionMode.Decompress);
    }

    public override void Dispose()
    {
        _stream.Dispose();
        ArrayPool<byte>.Shared.Return(_copy);
    }

    private protected override int ReadCore(ReadOnlySpan<byte> section, Span<byte> destination) => _stream.Read(destination);
}
