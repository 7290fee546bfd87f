using System.Buffers;

namespace StreamFlow.Serialization;

/// <summary>A buffer that serdes write to and that is used again for the next record; grows to the largest one.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int Initial = 256;
    private const int Kept = 1 << 20;
    private byte[] _buffer = new byte[Initial];
    private int _written;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _written);

    public int Length => _written;

    public void Clear() => _written = 0;

    /// <summary>Gives the memory of an exceptionally large record back; what was written is forgotten.</summary>
    public void Trim()
    {
        Clear();
        if (_buffer.Length > Kept)
        {
            _buffer = new byte[Initial];
        }
    }

    /// <summary>Forgets what was written after a position.</summary>
    public void Truncate(int length) => _written = length;

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _written);
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_written);
    }

    private void Reserve(int sizeHint)
    {
        var needed = Math.Max(sizeHint, 1);
        if (_buffer.Length - _written < needed)
        {
            Array.Resize(ref _buffer, (int)Math.Max(checked(_written + needed), Math.Min(Array.MaxLength, _buffer.Length * 2L)));
        }
    }
}
