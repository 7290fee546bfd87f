using System.IO.Compression;

namespace StreamFlow.Protocol.Records;

/// <summary>
/// Opens compressed record sections, for compaction and look-ups by time only: produce and fetch pass them through
/// unopened. Sections that cannot be opened stay whole, which keeps more than necessary but never less.
/// </summary>
internal static class RecordDecompressor
{
    /// <summary>A section that would grow beyond this is left closed: its size is the producer's claim.</summary>
    public const int MaxPlainBytes = 64 * 1024 * 1024;

    private const int None = 0;
    private const int Gzip = 1;

    public static bool TryDecompress(int codec, ReadOnlySpan<byte> section, out ReadOnlySpan<byte> plain)
    {
        plain = section;
        return codec switch
        {
            None => true,
            Gzip => TryGzip(section, out plain),
            _ => false,
        };
    }

    private static bool TryGzip(ReadOnlySpan<byte> section, out ReadOnlySpan<byte> plain)
    {
        plain = default;
        using var input = new MemoryStream(section.ToArray(), writable: false);
        using var gzip = new GZipStream(input, CompressionMode.Decompress);
        using var output = new MemoryStream();
        var chunk = new byte[16 * 1024];
        try
        {
            for (var read = gzip.Read(chunk); read > 0; read = gzip.Read(chunk))
            {
                if (output.Length + read > MaxPlainBytes)
                {
                    return false;
                }

                output.Write(chunk, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            // The producer's bytes are no gzip; a client that reads them will say so.
            return false;
        }

        plain = output.GetBuffer().AsSpan(0, (int)output.Length);
        return true;
    }
}
