using StreamFlow.Protocol.Compression;

namespace StreamFlow.Protocol.Records;

/// <summary>Opens the records of a batch as a whole, for those who go over them more than once.</summary>
internal static class RecordSection
{
    private const int Step = 64 * 1024;

    /// <summary>
    /// The records of a batch, uncompressed; false, with a sentence why, when they cannot be opened or would be too many bytes.
    /// </summary>
    /// <param name="batch">The batch as stored.</param>
    /// <param name="header">Its header.</param>
    /// <param name="buffer">Holds them where they were compressed; valid until it is used again.</param>
    /// <param name="plain">The records.</param>
    /// <param name="problem">Why they cannot be had.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> batch, scoped in BatchHeader header, PooledBuffer buffer, out ReadOnlySpan<byte> plain,
        out string? problem)
    {
        plain = batch[RecordBatch.HeaderSize..];
        problem = null;
        if (header.Codec == CompressionCodec.None)
        {
            return true;
        }

        try
        {
            buffer.Truncate(0);
            ReadAll(header.Codec, plain, buffer);
            plain = buffer.Written;
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or CompressionLimitException)
        {
            problem = e.Message;
            plain = default;
            return false;
        }
    }

    private static void ReadAll(CompressionCodec codec, ReadOnlySpan<byte> section, PooledBuffer buffer)
    {
        using var decompressor = Decompressor.Open(codec, section, DecompressionLimits.Default, null);
        while (true)
        {
            var read = decompressor.Read(section, buffer.GetSpan(Step));
            if (read == 0)
            {
                return;
            }

            buffer.Advance(read);
        }
    }
}
