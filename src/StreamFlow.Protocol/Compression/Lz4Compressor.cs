using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace StreamFlow.Protocol.Compression;

/// <summary>
/// Writes an lz4 frame as Java clients do: independent blocks of 64 KiB, no checksums but the header's, no sizes.
/// </summary>
internal sealed class Lz4Compressor : BlockCompressor
{
    private readonly PooledBuffer _destination;
    private readonly LZ4Level _level;

    public Lz4Compressor(int level, PooledBuffer destination)
        : base(Lz4Frame.WrittenBlockSize)
    {
        _destination = destination;
        _level = level == CompressionLevels.Lz4Default
            ? LZ4Level.L00_FAST
            : (LZ4Level)Math.Clamp(level, (int)LZ4Level.L03_HC, (int)LZ4Level.L12_MAX);
        var header = destination.GetSpan(Lz4Frame.HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(header, Lz4Frame.Magic);
        header[4] = Lz4Frame.Version1 | Lz4Frame.IndependentBlocksBit;
        header[5] = Lz4Frame.WrittenBlockDescriptor;
        header[6] = Lz4Frame.HeaderChecksum(header[4..6]);
        destination.Advance(Lz4Frame.HeaderSize);
    }

    private protected override void WriteBlock(ReadOnlySpan<byte> plain)
    {
        var room = _destination.GetSpan(sizeof(uint) + LZ4Codec.MaximumOutputSize(plain.Length));
        var length = LZ4Codec.Encode(plain, room[sizeof(uint)..], _level);
        if (length <= 0 || length >= plain.Length)
        {
            plain.CopyTo(room[sizeof(uint)..]);
            length = plain.Length;
            BinaryPrimitives.WriteUInt32LittleEndian(room, (uint)length | Lz4Frame.StoredBit);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(room, (uint)length);
        }

        _destination.Advance(sizeof(uint) + length);
    }

    // A block of no length ends the frame.
    private protected override void WriteEnd() => _destination.Append([0, 0, 0, 0]);
}
