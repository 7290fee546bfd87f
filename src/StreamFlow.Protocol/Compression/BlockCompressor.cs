using System.Buffers;

namespace StreamFlow.Protocol.Compression;

/// <summary>Cuts a section into blocks of one size for the codecs that have them.</summary>
internal abstract class BlockCompressor : Compressor
{
    private readonly byte[] _block;
    private readonly int _blockSize;
    private int _filled;
    private bool _disposed;

    private protected BlockCompressor(int blockSize)
    {
        _blockSize = blockSize;
        _block = ArrayPool<byte>.Shared.Rent(blockSize);
    }

    public override void Write(ReadOnlySpan<byte> plain)
    {
        while (!plain.IsEmpty)
        {
            if (_filled == 0 && plain.Length >= _blockSize)
            {
                WriteBlock(plain[.._blockSize]);
                plain = plain[_blockSize..];
                continue;
            }

            var count = Math.Min(plain.Length, _blockSize - _filled);
            plain[..count].CopyTo(_block.AsSpan(_filled));
            _filled += count;
            plain = plain[count..];
            if (_filled == _blockSize)
            {
                WriteHeld();
            }
        }
    }

    public override void Finish()
    {
        WriteHeld();
        WriteEnd();
    }

    public override void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            ArrayPool<byte>.Shared.Return(_block);
        }
    }

    private protected abstract void WriteBlock(ReadOnlySpan<byte> plain);

    private protected abstract void WriteEnd();

    private void WriteHeld()
    {
        if (_filled > 0)
        {
            WriteBlock(_block.AsSpan(0, _filled));
            _filled = 0;
        }
    }
}
