using System.Buffers.Binary;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol.Messages;
using StreamFlow.Protocol.Records;

namespace StreamFlow.Cli.Records;

/// <summary>Takes the records out of what a fetch has brought of one partition.</summary>
internal static class BatchReader
{
    /// <summary>Adds the records from an offset on.</summary>
    /// <param name="partition">Whose they are.</param>
    /// <param name="bytes">Batches; the last one may be cut off.</param>
    /// <param name="aborted">Transactions that are not to be seen; null where all is.</param>
    /// <param name="from">The first offset that is wanted: a batch may begin before it.</param>
    /// <param name="records">Where they go.</param>
    /// <returns>The offset to go on from.</returns>
    /// <exception cref="CommandException">A batch is damaged.</exception>
    public static long Read(
        TopicPartition partition, ReadOnlySpan<byte> bytes, FetchResponseAbortedTransactions[]? aborted, long from, List<FetchedRecord> records)
    {
        long next = from;
        Queue<FetchResponseAbortedTransactions> coming = new((aborted ?? []).OrderBy(static a => a.FirstOffset));
        HashSet<long> hidden = [];
        while (BatchHeader.TryRead(bytes, out BatchHeader header) && header.TotalSize <= bytes.Length)
        {
            ReadOnlySpan<byte> batch = bytes[..header.TotalSize];
            bytes = bytes[header.TotalSize..];
            while (coming.TryPeek(out FetchResponseAbortedTransactions first) && first.FirstOffset <= header.LastOffset)
            {
                hidden.Add(coming.Dequeue().ProducerId);
            }

            if (header.IsControl)
            {
                hidden.Remove(IsAbort(batch, header) ? header.ProducerId : -1);
            }
            else if (!header.IsTransactional || !hidden.Contains(header.ProducerId))
            {
                ReadRecords(partition, batch, header, next, records);
            }

            next = Math.Max(next, header.NextOffset);
        }

        return next;
    }

    private static void ReadRecords(TopicPartition partition, ReadOnlySpan<byte> batch, in BatchHeader header, long from, List<FetchedRecord> records)
    {
        if (!RecordBatch.IsCrcValid(batch))
        {
            throw new CommandException($"The batch at offset {header.BaseOffset} of {partition} is damaged: its checksum is wrong. 'consume --offset {header.NextOffset}' goes on behind it.");
        }

        RecordReader reader = new(header, Codec.Open(header, batch));
        while (reader.MoveNext())
        {
            if (reader.Offset >= from)
            {
                records.Add(new FetchedRecord(
                    partition, reader.Offset, reader.Timestamp, reader.HasKey ? reader.Key.ToArray() : null, reader.HasValue ? reader.Value.ToArray() : null, reader.RawHeaders.ToArray()));
            }
        }
    }

    /// <summary>The key of a control record is its version and its kind: 0 aborts.</summary>
    private static bool IsAbort(ReadOnlySpan<byte> batch, in BatchHeader header)
    {
        RecordReader reader = new(header, batch[RecordBatch.HeaderSize..]);
        return reader.MoveNext() && reader.Key.Length >= 4 && BinaryPrimitives.ReadInt16BigEndian(reader.Key[2..]) == 0;
    }
}
