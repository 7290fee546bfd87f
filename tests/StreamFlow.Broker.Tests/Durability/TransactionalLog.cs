using System.Buffers;
using System.Text;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>What the batches and markers of a log say about transactions, without asking the broker.</summary>
internal static class TransactionalLog
{
    /// <summary>The values whose producer's next marker is a commit, and how often each is there.</summary>
    public static Dictionary<string, int> Committed(PartitionLog log)
    {
        var committed = new Dictionary<string, int>();
        var open = new Dictionary<long, List<string>>();
        foreach (byte[] batch in Batches(log))
        {
            Assert.True(BatchHeader.TryRead(batch, out BatchHeader header) && RecordBatch.IsCrcValid(batch), "A torn batch.");
            if (header.IsControl)
            {
                Assert.True(ControlRecord.TryRead(batch, out bool isCommit, out _));
                open.Remove(header.ProducerId, out List<string>? ended);
                foreach (string value in isCommit ? ended ?? [] : [])
                {
                    committed[value] = committed.GetValueOrDefault(value) + 1;
                }
            }
            else
            {
                open.TryAdd(header.ProducerId, []);
                open[header.ProducerId].AddRange(Values(batch));
            }
        }

        return committed;
    }

    private static List<string> Values(byte[] batch)
    {
        var values = new List<string>();
        var reader = new RecordReader(batch);
        while (reader.MoveNext())
        {
            values.Add(Encoding.UTF8.GetString(reader.Value));
        }

        return values;
    }

    private static IEnumerable<byte[]> Batches(PartitionLog log)
    {
        long offset = log.LogStartOffset;
        while (offset < log.HighWatermark)
        {
            var buffer = new ArrayBufferWriter<byte>();
            ReadResult read = log.Read(offset, 1 << 20, atLeastOneBatch: true, readCommitted: false, buffer);
            Assert.Equal(ErrorCode.None, read.Error);
            byte[] bytes = buffer.WrittenSpan.ToArray();
            for (int at = 0; at < bytes.Length;)
            {
                Assert.True(BatchHeader.TryRead(bytes.AsSpan(at), out BatchHeader header));
                yield return bytes[at..(at + header.TotalSize)];
                at += header.TotalSize;
            }

            offset = read.NextOffset;
        }
    }
}
