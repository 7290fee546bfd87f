using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// The application of the exactly-once tests: it counts records per key and writes every count out. So what a reader of
/// committed records sees must be, for each key, 1, 2, 3 up to the number of input records, each once and in order.
/// </summary>
internal static class CountingApplication
{
    public const string ChangelogTopic = "app-counts-changelog";

    public static void Build(StreamsBuilder builder) =>
        builder.Stream<string, string>("in")
            .GroupByKey()
            .Count(new() { Name = "counts" })
            .ToStream()
            .MapValues(v => v.ToString(CultureInfo.InvariantCulture))
            .To("out");

    public static void ExactlyOnce(StreamFlowOptions options)
    {
        options.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce;
        options.CacheMaxBytes = 0;
    }

    public static void SendWave(AppHarness harness, int wave, int perKey = 5)
    {
        for (var i = 0; i < perKey; i++)
        {
            foreach (var (partition, key) in Keys(harness))
            {
                harness.Send("in", partition, key, "v", (wave * 1000) + i);
            }
        }
    }

    /// <summary>Two keys for each input partition.</summary>
    public static IEnumerable<(int Partition, string Key)> Keys(AppHarness harness)
    {
        for (var partition = 0; partition < harness.Kafka.PartitionCount("in"); partition++)
        {
            yield return (partition, $"a{partition}");
            yield return (partition, $"b{partition}");
        }
    }

    public static Task UntilAllAreOut(AppHarness harness, string context = "", Action? meanwhile = null) =>
        AppHarness.Until(
            () =>
            {
                meanwhile?.Invoke();
                return IsAllOut(harness);
            },
            $"{Inputs(harness).Values.Sum()} results and positions {context}");

    private static bool IsAllOut(AppHarness harness) =>
        Results(harness).Values.Sum(v => v.Count) >= Inputs(harness).Values.Sum()
        && Committed(harness) >= Inputs(harness).Values.Sum();

    /// <summary>Results, changelog and positions are what the inputs give, nothing lost and nothing twice.</summary>
    public static void AssertExact(AppHarness harness, string context = "")
    {
        var inputs = Inputs(harness);
        var results = Results(harness);
        foreach (var (key, count) in inputs)
        {
            Assert.True(results.ContainsKey(key), $"no result of {key} {context}");
            Assert.Equal(
                string.Join(",", Enumerable.Range(1, count)) + context, string.Join(",", results[key]) + context);
            Assert.Equal((key, count, context), (key, Changelog(harness)[key], context));
        }

        Assert.Equal(inputs.Count, results.Count);
        for (var partition = 0; partition < harness.Kafka.PartitionCount("in"); partition++)
        {
            var input = new TopicPartition("in", partition);
            Assert.Equal(
                harness.Kafka.Offsets(input).HighWatermark, harness.Kafka.CommittedOffsets("app")[input].Offset);
        }
    }

    public static Dictionary<string, int> Inputs(AppHarness harness) =>
        All(harness, "in").GroupBy(r => Text(r.Key)).ToDictionary(g => g.Key, g => g.Count());

    public static Dictionary<string, List<int>> Results(AppHarness harness) =>
        All(harness, "out").GroupBy(r => Text(r.Key)).ToDictionary(
            g => g.Key, g => g.Select(r => int.Parse(Text(r.Value), CultureInfo.InvariantCulture)).ToList());

    public static Dictionary<string, int> Changelog(AppHarness harness) =>
        All(harness, ChangelogTopic).GroupBy(r => Text(r.Key)).ToDictionary(
            g => g.Key, g => (int)BinaryPrimitives.ReadInt64BigEndian(g.Last().Value.AsSpan()[^8..]));

    private static long Committed(AppHarness harness) =>
        harness.Kafka.CommittedOffsets("app").Where(c => c.Key.Topic == "in").Sum(c => c.Value.Offset);

    private static IEnumerable<InMemoryRecord> All(AppHarness harness, string topic) =>
        Enumerable.Range(0, harness.Kafka.Topics.Contains(topic) ? harness.Kafka.PartitionCount(topic) : 0)
            .SelectMany(p => harness.Kafka.Read(new TopicPartition(topic, p)));

    private static string Text(byte[]? bytes) => Encoding.UTF8.GetString(bytes!);
}
