using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>A temporary directory, gone afterwards.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), "sf-storage-" + Guid.NewGuid().ToString("N"));

    public string Sub(string name) => Path.Combine(Root, name);

    /// <summary>Copies a directory as a crash would leave it: whatever is in the files at this moment.</summary>
    public string CopyOf(string directory)
    {
        var copy = Sub(Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(directory).Where(file => Path.GetFileName(file) != "LOCK"))
        {
            using var from = new FileStream(
                file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var to = File.Create(Path.Combine(copy, Path.GetFileName(file)));
            from.CopyTo(to);
        }

        return copy;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

/// <summary>Batches and reads for tests.</summary>
internal static class Batches
{
    public static byte[] Of(params string[] values) => At(1_700_000_000_000, values);

    public static byte[] At(long timestamp, params string[] values)
    {
        var builder = new RecordBatchBuilder();
        foreach (var value in values)
        {
            builder.Add(timestamp, Encoding.UTF8.GetBytes("k" + value), Encoding.UTF8.GetBytes(value));
        }

        return builder.Build().ToArray();
    }

    public static byte[] Keyed(long timestamp, params (string Key, string? Value)[] records)
    {
        var builder = new RecordBatchBuilder();
        foreach (var (key, value) in records)
        {
            if (value is null)
            {
                builder.AddTombstone(timestamp, Encoding.UTF8.GetBytes(key));
            }
            else
            {
                builder.Add(timestamp, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
            }
        }

        return builder.Build().ToArray();
    }

    public static byte[] Produced(
        long producerId, short epoch, int sequence, int records = 1, bool transactional = false, string key = "k")
    {
        var builder = new RecordBatchBuilder();
        for (var i = 0; i < records; i++)
        {
            builder.Add(
                1_700_000_000_000, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{producerId}/{sequence + i}"));
        }

        var attributes = transactional ? RecordBatch.TransactionalBit : (short)0;
        return builder.Build(attributes, producerId, epoch, sequence).ToArray();
    }

    /// <summary>The same batch with its records compressed.</summary>
    public static byte[] Compressed(CompressionCodec codec, ReadOnlySpan<byte> batch)
    {
        using var buffer = new PooledBuffer(int.MaxValue);
        buffer.Append(batch[..RecordBatch.HeaderSize]);
        Compressor.Compress(codec, CompressionLevels.DefaultOf(codec), batch[RecordBatch.HeaderSize..], buffer);
        return Sealed(buffer.Written, codec);
    }

    /// <summary>A batch with this section of records, whatever it is.</summary>
    public static byte[] WithSection(ReadOnlySpan<byte> batch, CompressionCodec codec, ReadOnlySpan<byte> section) =>
        Sealed([.. batch[..RecordBatch.HeaderSize], .. section], codec);

    public static byte[] Transactional(long producerId, short epoch, int sequence, string value)
    {
        var builder = new RecordBatchBuilder();
        builder.Add(1_700_000_000_000, "k"u8, Encoding.UTF8.GetBytes(value));
        return builder.Build(RecordBatch.TransactionalBit, producerId, epoch, sequence).ToArray();
    }

    public static byte[] Marker(long producerId, short epoch, bool commit) =>
        RecordBatchBuilder.BuildMarker(producerId, epoch, commit, 0, 1_700_000_000_000);

    /// <summary>Every record of a log from an offset to its watermark, control records left out.</summary>
    public static List<(long Offset, string Key, string? Value)> ReadAll(PartitionLog log, long from = -1)
    {
        var records = new List<(long, string, string?)>();
        var offset = from < 0 ? log.LogStartOffset : from;
        while (offset < log.HighWatermark)
        {
            var buffer = new ArrayBufferWriter<byte>();
            var result = log.Read(offset, 64 * 1024, atLeastOneBatch: true, readCommitted: false, buffer);
            Assert.Equal(ErrorCode.None, result.Error);
            Assert.True(result.NextOffset > offset, $"no progress at offset {offset}");
            foreach (var record in Decode(buffer.WrittenSpan))
            {
                if (record.Offset >= offset)
                {
                    records.Add(record);
                }
            }

            offset = result.NextOffset;
        }

        return records;
    }

    private static byte[] Sealed(ReadOnlySpan<byte> bytes, CompressionCodec codec)
    {
        var batch = bytes.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(
            batch.AsSpan(RecordBatch.LengthAt), batch.Length - RecordBatch.LengthOverhead);
        var attributes = BinaryPrimitives.ReadInt16BigEndian(batch.AsSpan(RecordBatch.AttributesAt));
        BinaryPrimitives.WriteInt16BigEndian(
            batch.AsSpan(RecordBatch.AttributesAt), (short)((ushort)(attributes & ~RecordBatch.CodecMask) | (int)codec));
        RecordBatch.WriteCrc(batch);
        return batch;
    }

    public static List<(long Offset, string Key, string? Value)> Decode(ReadOnlySpan<byte> bytes)
    {
        var records = new List<(long, string, string?)>();
        while (!bytes.IsEmpty)
        {
            Assert.True(BatchHeader.TryRead(bytes, out var header));
            var batch = bytes[..header.TotalSize];
            Assert.True(RecordBatch.IsCrcValid(batch));
            using var opened = new PooledBuffer(int.MaxValue);
            Assert.True(RecordSection.TryOpen(batch, header, opened, out var plain, out var problem), problem);
            var reader = new RecordReader(header, plain);
            while (!header.IsControl && reader.MoveNext())
            {
                records.Add((
                    reader.Offset, Encoding.UTF8.GetString(reader.Key),
                    reader.HasValue ? Encoding.UTF8.GetString(reader.Value) : null));
            }

            Assert.False(reader.IsCorrupt);
            bytes = bytes[header.TotalSize..];
        }

        return records;
    }
}
