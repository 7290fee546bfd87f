using System.Buffers;

namespace StreamFlow.Protocol.Compression;

/// <summary>A growing buffer from the shared pool with an end it never grows beyond.</summary>
internal sealed class PooledBuffer(int maxBytes) : IBufferWriter<byte>, IDisposable
{
    private const int Smallest = 4096;

    private byte[] _bytes = [];

    public int Length { get; private set; }

    public Span<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    /// <summary>Forgets what was written behind a length; keeps the memory.</summary>
    public void Truncate(int length) => Length = length;

    /// <exception cref="CompressionLimitException">More than the maximum would be in the buffer.</exception>
    public void Advance(int count)
    {
        if (count > maxBytes - Length)
        {
            throw new CompressionLimitException($"The result has more than the {maxBytes} bytes allowed.");
        }

        Length += count;
    }

    /// <inheritdoc cref="Advance"/>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => Room(sizeHint).AsMemory(Length);

    public Span<byte> GetSpan(int sizeHint = 0) => Room(sizeHint).AsSpan(Length);

    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }

        Length = 0;
    }

    private byte[] Room(int sizeHint)
    {
        var needed = checked(Length + Math.Max(sizeHint, 1));
        if (needed <= _bytes.Length)
        {
            return _bytes;
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, Math.Max(Smallest, Math.Min(Length * 2L, Array.MaxLength))));
        Written.CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        return _bytes = larger;
    }
}
