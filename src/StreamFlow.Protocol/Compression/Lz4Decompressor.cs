using System.Buffers;
using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace StreamFlow.Protocol.Compression;

/// <summary>
/// Opens an lz4 frame block by block. Header and block checksums are verified; that of the content is not, since the batch
/// has one of its own.
/// </summary>
internal sealed class Lz4Decompressor : Decompressor
{
    private readonly byte[] _buffer;
    private readonly int _blockSize;
    private readonly int _window;
    private readonly bool _hasBlockChecksums;
    private int _history;
    private int _blockLength;
    private int _taken;
    private int _position;
    private bool _ended;

    public Lz4Decompressor(ReadOnlySpan<byte> section, DecompressionLimits limits, DecompressionBudget? budget)
        : base(section.Length, limits, budget)
    {
        var flags = ReadHeader(section, out _blockSize, out _position);
        _hasBlockChecksums = (flags & Lz4Frame.BlockChecksumBit) != 0;
        _window = (flags & Lz4Frame.IndependentBlocksBit) != 0 ? 0 : Lz4Frame.WindowSize;
        _buffer = ArrayPool<byte>.Shared.Rent(_window + _blockSize);
    }

    public override void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private protected override int ReadCore(ReadOnlySpan<byte> section, Span<byte> destination)
    {
        while (_taken == _blockLength)
        {
            if (_ended)
            {
                return 0;
            }

            NextBlock(section);
        }

        var count = Math.Min(destination.Length, _blockLength - _taken);
        _buffer.AsSpan(_window + _taken, count).CopyTo(destination);
        _taken += count;
        return count;
    }

    private static byte ReadHeader(ReadOnlySpan<byte> section, out int blockSize, out int position)
    {
        if (section.Length < Lz4Frame.HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(section) != Lz4Frame.Magic)
        {
            throw new InvalidDataException("The section does not begin with an lz4 frame.");
        }

        var flags = section[4];
        blockSize = Lz4Frame.BlockSize(section[5]);
        if ((flags & Lz4Frame.VersionMask) != Lz4Frame.Version1 || blockSize == 0 || (flags & Lz4Frame.DictionaryBit) != 0)
        {
            throw new InvalidDataException("The lz4 frame is of another version, has no block size or needs a dictionary.");
        }

        position = 6 + ((flags & Lz4Frame.ContentSizeBit) != 0 ? sizeof(long) : 0);
        if (position >= section.Length || Lz4Frame.HeaderChecksum(section[4..position]) != section[position])
        {
            throw new InvalidDataException("The header of the lz4 frame does not match its checksum.");
        }

        position++;
        return flags;
    }

    private void NextBlock(ReadOnlySpan<byte> section)
    {
        KeepHistory();
        var header = Take(section, sizeof(uint));
        var word = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (word == 0)
        {
            _ended = true;
            return;
        }

        var block = Take(section, word & ~Lz4Frame.StoredBit);
        if (_hasBlockChecksums
            && BinaryPrimitives.ReadUInt32LittleEndian(Take(section, sizeof(uint))) != XxHash32.Compute(block))
        {
            throw new InvalidDataException("A block of the lz4 frame does not match its checksum.");
        }

        var target = _buffer.AsSpan(_window, _blockSize);
        if ((word & Lz4Frame.StoredBit) != 0)
        {
            block.CopyTo(block.Length <= target.Length ? target : throw TooLong());
            _blockLength = block.Length;
            return;
        }

        _blockLength = _history == 0
            ? LZ4Codec.Decode(block, target)
            : LZ4Codec.Decode(block, target, _buffer.AsSpan(_window - _history, _history));
        if (_blockLength < 0)
        {
            _blockLength = 0;
            throw TooLong();
        }
    }

    /// <summary>Moves the end of what was opened before the place of the next block, which may refer to it.</summary>
    private void KeepHistory()
    {
        var known = Math.Min(_window, _history + _blockLength);
        _buffer.AsSpan(_window + _blockLength - known, known).CopyTo(_buffer.AsSpan(_window - known));
        (_history, _taken, _blockLength) = (known, 0, 0);
    }

    private ReadOnlySpan<byte> Take(ReadOnlySpan<byte> section, uint count)
    {
        if (count > section.Length - _position)
        {
            throw new InvalidDataException("The lz4 frame ends inside a block.");
        }

        _position += (int)count;
        return section.Slice(_position - (int)count, (int)count);
    }

    private InvalidDataException TooLong() =>
        new($"A block of the lz4 frame is damaged, or longer than the {_blockSize} bytes that its header allows.");
}
