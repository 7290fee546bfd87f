using System.Buffers.Binary;
using Snappier;

namespace StreamFlow.Protocol.Compression;

/// <summary>Writes snappy in the framing of Java clients, which every client reads.</summary>
internal sealed class SnappyCompressor : BlockCompressor
{
    private readonly PooledBuffer _destination;

    public SnappyCompressor(PooledBuffer destination)
        : base(SnappyFraming.BlockSize)
    {
        _destination = destination;
        destination.Append(SnappyFraming.Magic);
        destination.Append(SnappyFraming.Versions);
    }

    private protected override void WriteBlock(ReadOnlySpan<byte> plain)
    {
        var room = _destination.GetSpan(sizeof(int) + Snappy.GetMaxCompressedLength(plain.Length));
        var length = Snappy.Compress(plain, room[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(room, length);
        _destination.Advance(sizeof(int) + length);
    }

    private protected override void WriteEnd()
    {
    }
}
