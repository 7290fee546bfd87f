using System.Globalization;
using System.Text;
using StreamFlow.Protocol.Records;

namespace StreamFlow.Benchmarks.Records;

/// <summary>What producers send: sections of records as they lie in a batch, of a size.</summary>
internal static class OrderBatches
{
    private const long FirstTimestamp = 1_700_000_000_000;
    private static readonly string[] Categories = ["books", "garden", "kitchen", "music", "outdoor", "toys"];
    private static readonly string[] States = ["placed", "paid", "shipped", "cancelled"];

    /// <summary>Orders as JSON, some 150 bytes each, keyed by customer; so many that a section reaches the size.</summary>
    public static byte[][] Orders(int seed, int sections, int bytes)
    {
        Random random = new(seed);
        RecordBatchBuilder builder = new();
        int number = 0;
        return
        [
            .. Enumerable.Range(0, sections).Select(_ =>
            {
                builder.Reset();
                while (builder.SizeInBytes - RecordBatch.HeaderSize < bytes)
                {
                    string customer = string.Create(CultureInfo.InvariantCulture, $"customer-{random.Next(10_000)}");
                    string order = string.Create(
                        CultureInfo.InvariantCulture,
                        $$"""{"id":"{{number:D9}}","customer":"{{customer}}","category":"{{Categories[random.Next(Categories.Length)]}}","state":"{{States[random.Next(States.Length)]}}","cents":{{random.Next(100, 50_000)}},"quantity":{{random.Next(1, 9)}},"placedAt":{{FirstTimestamp + (number * 3L)}}}""");
                    builder.Add(FirstTimestamp + number++, Encoding.UTF8.GetBytes(customer), Encoding.UTF8.GetBytes(order));
                }

                return builder.Build()[RecordBatch.HeaderSize..].ToArray();
            }),
        ];
    }

    /// <summary>One record of random bytes in each section.</summary>
    public static byte[][] Noise(int seed, int sections, int bytes)
    {
        Random random = new(seed);
        RecordBatchBuilder builder = new();
        byte[] value = new byte[bytes];
        return
        [
            .. Enumerable.Range(0, sections).Select(_ =>
            {
                builder.Reset();
                random.NextBytes(value);
                builder.AddKeyless(FirstTimestamp, value);
                return builder.Build()[RecordBatch.HeaderSize..].ToArray();
            }),
        ];
    }
}
