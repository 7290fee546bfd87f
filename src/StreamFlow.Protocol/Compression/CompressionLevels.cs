namespace StreamFlow.Protocol.Compression;

/// <summary>The bounds and defaults of compression levels, as Apache Kafka has them for its topics and producers (KIP-390).</summary>
internal static class CompressionLevels
{
    /// <summary>"What the library thinks best"; level 6 in effect.</summary>
    public const int GzipDefault = -1;

    public const int GzipMin = 1;

    public const int GzipMax = 9;

    /// <summary>Stands for the fast compressor; every other level is one of the high compressor.</summary>
    public const int Lz4Default = 9;

    public const int Lz4Min = 1;

    public const int Lz4Max = 17;

    public const int ZstdDefault = 3;

    public const int ZstdMin = -131072;

    public const int ZstdMax = 22;

    /// <summary>The level of a codec where none is asked for; 0 where there are no levels.</summary>
    public static int DefaultOf(CompressionCodec codec) => codec switch
    {
        CompressionCodec.Gzip => GzipDefault,
        CompressionCodec.Lz4 => Lz4Default,
        CompressionCodec.Zstd => ZstdDefault,
        _ => 0,
    };
}
