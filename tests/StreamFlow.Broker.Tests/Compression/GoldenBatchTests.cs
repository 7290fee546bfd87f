using System.Text;

namespace StreamFlow.Broker.Tests.Compression;

/// <summary>Batches as Java's clients and librdkafka write them, read here.</summary>
public sealed class GoldenBatchTests
{
    public static TheoryData<string, string, string> Batches()
    {
        TheoryData<string, string, string> data = [];
        var path = Path.Combine(AppContext.BaseDirectory, "Compression", "golden-batches.txt");
        foreach (var line in File.ReadLines(path).Where(static x => !x.StartsWith('#')))
        {
            var parts = line.Split(' ');
            data.Add(parts[0], parts[1], parts[2]);
        }

        Assert.Equal(8, data.Count);
        return data;
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void Batch_of_another_client_is_read_whole_and_piece_by_piece(string client, string codec, string base64)
    {
        var batch = Convert.FromBase64String(base64);
        Assert.True(RecordBatch.IsCrcValid(batch), client);
        Assert.True(BatchHeader.TryRead(batch, out var header));
        Assert.Equal(codec, header.Codec.ToString(), ignoreCase: true);
        using var opened = new PooledBuffer(int.MaxValue);
        Assert.True(RecordSection.TryOpen(batch, header, opened, out var plain, out var problem), problem);
        var reader = new RecordReader(header, plain);
        using var scanner = new RecordScanner(
            header, batch.AsSpan(RecordBatch.HeaderSize), DecompressionLimits.Default, null);
        for (var i = 0; i < 40; i++)
        {
            Assert.True(reader.MoveNext());
            Assert.True(scanner.MoveNext());
            Assert.Equal($"key-{i}", Encoding.UTF8.GetString(reader.Key));
            Assert.StartsWith($"value-{i}-", Encoding.UTF8.GetString(reader.Value), StringComparison.Ordinal);
            Assert.Equal((reader.Offset, reader.Timestamp, true), (scanner.Offset, scanner.Timestamp, scanner.HasKey));
        }

        Assert.False(reader.MoveNext() || reader.IsCorrupt);
        Assert.False(scanner.MoveNext() || scanner.IsCorrupt);
    }
}
