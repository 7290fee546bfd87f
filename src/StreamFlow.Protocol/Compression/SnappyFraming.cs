namespace StreamFlow.Protocol.Compression;

/// <summary>
/// The framing that Java clients put around snappy (snappy-java's): a magic, two versions, then blocks with their lengths.
/// librdkafka writes one bare block instead; both are read by every client.
/// </summary>
internal static class SnappyFraming
{
    /// <summary>Magic and both versions.</summary>
    public const int HeaderSize = 16;

    /// <summary>What Java clients put into one block.</summary>
    public const int BlockSize = 32 * 1024;

    /// <summary>
    /// More than any block can stand for a compressed byte: its densest element copies 64 bytes and takes three.
    /// </summary>
    public const int MaxRatio = 22;

    public static ReadOnlySpan<byte> Magic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    /// <summary>Version 1, readable since version 1.</summary>
    public static ReadOnlySpan<byte> Versions => [0, 0, 0, 1, 0, 0, 0, 1];
}
