using System.Buffers;
using System.Buffers.Binary;
using Snappier;

namespace StreamFlow.Protocol.Compression;

/// <summary>Opens snappy, bare or in the framing of Java clients, block by block.</summary>
internal sealed class SnappyDecompressor : Decompressor
{
    private readonly bool _isFramed;
    private byte[] _block = [];
    private int _blockLength;
    private int _taken;
    private int _position;

    public SnappyDecompressor(ReadOnlySpan<byte> section, DecompressionLimits limits, DecompressionBudget? budget)
        : base(section.Length, limits, budget) => _isFramed = section.StartsWith(SnappyFraming.Magic);

    public override void Dispose()
    {
        if (_block.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_block);
            _block = [];
        }
    }

    private protected override int ReadCore(ReadOnlySpan<byte> section, Span<byte> destination)
    {
        while (_taken == _blockLength)
        {
            if (_position == section.Length)
            {
                return 0;
            }

            OpenBlock(NextBlock(section));
        }

        var count = Math.Min(destination.Length, _blockLength - _taken);
        _block.AsSpan(_taken, count).CopyTo(destination);
        _taken += count;
        return count;
    }

    private ReadOnlySpan<byte> NextBlock(ReadOnlySpan<byte> section)
    {
        if (!_isFramed)
        {
            _position = section.Length;
            return section;
        }

        // Streams written one behind the other repeat the header.
        while (section[_position..].StartsWith(SnappyFraming.Magic))
        {
            _position = Math.Min(_position + SnappyFraming.HeaderSize, section.Length);
        }

        if (section.Length - _position < sizeof(int))
        {
            return _position == section.Length
                ? default
                : throw new InvalidDataException("The snappy section ends inside its framing.");
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(section[_position..]);
        _position += sizeof(int);
        if (length < 0 || length > section.Length - _position)
        {
            throw new InvalidDataException($"A snappy block says {length} bytes; {section.Length - _position} are left.");
        }

        _position += length;
        return section.Slice(_position - length, length);
    }

    private void OpenBlock(ReadOnlySpan<byte> block)
    {
        _taken = _blockLength = 0;
        if (block.IsEmpty)
        {
            return;
        }

        var claimed = Snappy.GetUncompressedLength(block);
        if (claimed < 0 || claimed > (long)block.Length * SnappyFraming.MaxRatio)
        {
            throw new InvalidDataException($"{block.Length} bytes of snappy cannot be the {claimed} they claim.");
        }

        CheckClaim(claimed);
        if (_block.Length < claimed)
        {
            Dispose();
            _block = ArrayPool<byte>.Shared.Rent(claimed);
        }

        _blockLength = Snappy.Decompress(block, _block.AsSpan(0, claimed));
    }
}
