namespace StreamFlow.Protocol.Compression;

/// <summary>The parts of an lz4 frame (version 1 of the frame format) that Kafka's clients write and read.</summary>
internal static class Lz4Frame
{
    public const uint Magic = 0x184D2204;

    /// <summary>Magic, flags, block descriptor and checksum: the header without optional fields.</summary>
    public const int HeaderSize = 7;

    /// <summary>In the length of a block: its bytes are stored as they were.</summary>
    public const uint StoredBit = 0x8000_0000;

    public const int VersionMask = 0xC0;
    public const int Version1 = 0x40;
    public const int IndependentBlocksBit = 0x20;
    public const int BlockChecksumBit = 0x10;
    public const int ContentSizeBit = 0x08;
    public const int ContentChecksumBit = 0x04;
    public const int DictionaryBit = 0x01;

    /// <summary>How far back a block may refer where blocks depend on each other.</summary>
    public const int WindowSize = 64 * 1024;

    /// <summary>The block size that Java clients write, and its code in the block descriptor.</summary>
    public const int WrittenBlockSize = 64 * 1024;

    public const byte WrittenBlockDescriptor = 4 << 4;

    /// <summary>The size that a block descriptor allows: 64 KiB, 256 KiB, 1 MiB or 4 MiB; 0 for a wrong one.</summary>
    public static int BlockSize(byte descriptor) => ((descriptor >> 4) & 7) switch
    {
        4 => 64 * 1024,
        5 => 256 * 1024,
        6 => 1024 * 1024,
        7 => 4 * 1024 * 1024,
        _ => 0,
    };

    /// <summary>The checksum over the header from its flags on.</summary>
    public static byte HeaderChecksum(ReadOnlySpan<byte> descriptor) => (byte)(XxHash32.Compute(descriptor) >> 8);
}
