using System.Buffers;

namespace StreamFlow.Broker.Storage;

/// <summary>Reads a coordinator's log from its start to its end.</summary>
internal static class LogScan
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Every batch in order; each is valid until the next is asked for.</summary>
    /// <exception cref="InvalidDataException">The log cannot be read.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Batches(PartitionLog log)
    {
        var chunk = new ArrayBufferWriter<byte>(ChunkBytes);
        long position = log.LogStartOffset;
        while (position < log.HighWatermark)
        {
            chunk.ResetWrittenCount();
            ReadResult read = log.Read(position, ChunkBytes, atLeastOneBatch: true, readCommitted: false, chunk);
            if (read.Error != ErrorCode.None || read.Bytes == 0)
            {
                throw new InvalidDataException(
                    $"The log in '{log.LogDirectory}' cannot be read at offset {position}: {read.Error}.");
            }

            ReadOnlyMemory<byte> rest = chunk.WrittenMemory;
            while (BatchHeader.TryRead(rest.Span, out BatchHeader header))
            {
                yield return rest[..header.TotalSize];
                rest = rest[header.TotalSize..];
            }

            position = read.NextOffset;
        }
    }
}
