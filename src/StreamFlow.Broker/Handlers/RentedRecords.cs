using System.Buffers;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// Where a read of the log puts its batches: one buffer from the shared pool, which the response then sends as it is.
/// </summary>
internal sealed class RentedRecords : IBufferWriter<byte>
{
    private const int Smallest = 256;

    private byte[]? _buffer;

    public int Length { get; private set; }

    /// <summary>Hands the buffer to the response; null when nothing was read.</summary>
    public byte[]? Take()
    {
        byte[]? buffer = _buffer;
        _buffer = null;
        if (buffer is not null && Length == 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return null;
        }

        return buffer;
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => Room(sizeHint).AsMemory(Length);

    public Span<byte> GetSpan(int sizeHint = 0) => Room(sizeHint).AsSpan(Length);

    private byte[] Room(int needed)
    {
        needed = Math.Max(needed, 1);
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Smallest));
        }
        else if (_buffer.Length - Length < needed)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + needed), _buffer.Length * 2));
            _buffer.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer;
    }
}
