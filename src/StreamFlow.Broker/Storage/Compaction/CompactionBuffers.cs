using System.Buffers;

namespace StreamFlow.Broker.Storage;

/// <summary>Buffers of one pass over segments, given back at its end.</summary>
internal sealed class CompactionBuffers : IDisposable
{
    /// <summary>What is read of a file at once.</summary>
    public const int Size = 64 * 1024;

    private byte[] _batch = ArrayPool<byte>.Shared.Rent(Size);

    public byte[] Walk { get; } = new byte[Size];

    /// <summary>Holds the records of a batch that was compressed.</summary>
    public PooledBuffer Opened { get; } = new(int.MaxValue);

    public ReadOnlySpan<byte> Read(StorageFile file, long position, int size)
    {
        if (_batch.Length < size)
        {
            ArrayPool<byte>.Shared.Return(_batch);
            _batch = ArrayPool<byte>.Shared.Rent(size);
        }

        if (file.Read(_batch.AsSpan(0, size), position) != size)
        {
            throw new IOException($"'{file.Path}' ends inside the batch at byte {position}.");
        }

        return _batch.AsSpan(0, size);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_batch);
        Opened.Dispose();
    }
}
