using System.Globalization;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Kafka.Tests.Support;

namespace StreamFlow.Kafka.Tests.Producers;

/// <summary>What real brokers refuse of a producer without transactions, and what becomes of the records in the same batch.</summary>
public abstract class RefusedBatchClusterTests(TestCluster cluster)
{
    private const int Records = 200;
    private static readonly long Now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    public static TheoryData<int[]> Large => new() { Array.Empty<int>(), new[] { 0 }, new[] { 100 }, new[] { 7, 8, 199 } };

    /// <summary>200 records of 1 KB, in one batch, for a topic that takes batches of 20 KB.</summary>
    [SkippableTheory]
    [MemberData(nameof(Large))]
    public async Task Of_a_batch_that_is_too_large_only_what_is_too_large_itself_fails(int[] large)
    {
        var topic = await CreateAsync("max.message.bytes", "20000");
        using var producer = Producer(("linger.ms", "20"));
        var keys = Enumerable.Range(0, Records).Select(i => $"k{i % 3}").ToList();
        for (var i = 0; i < Records; i++)
        {
            producer.Send(topic, 0, keys[i], new string('x', large.Contains(i) ? 30_000 : 1_000), Now, Numbered(i));
        }

        Check(producer, topic, keys, large, "MSG_SIZE_TOO_LARGE", $"and a value of 30000 bytes. To let it through, raise both max.message.bytes of topic '{topic}'");
    }

    /// <summary>Apache Kafka names the guilty ones, if there are several by another error than a single one.</summary>
    [SkippableTheory]
    [InlineData(100)]
    [InlineData(0, 199)]
    public async Task Of_a_batch_with_a_time_that_the_topic_does_not_take_only_that_record_fails(params int[] ahead)
    {
        var topic = await CreateAsync("message.timestamp.after.max.ms", "3600000");
        using var producer = Producer(("linger.ms", "20"));
        var keys = Enumerable.Range(0, Records).Select(i => $"k{i % 3}").ToList();
        for (var i = 0; i < Records; i++)
        {
            producer.Send(topic, 0, keys[i], "v", ahead.Contains(i) ? Now + 7_200_000 : Now, Numbered(i));
        }

        Check(producer, topic, keys, ahead, "INVALID_");
    }

    /// <summary>Batches of up to 50 KB, several on their way at a time, some with a record that the topic never takes.</summary>
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Keys_stay_in_order_while_the_next_batches_are_on_their_way(int seed)
    {
        var topic = await CreateAsync("max.message.bytes", "20000");
        var random = new Random(seed);
        using var producer = Producer(("linger.ms", "1"), ("batch.num.messages", "50"));
        var keys = Enumerable.Range(0, 1000).Select(_ => $"k{random.Next(20)}").ToList();
        var large = Enumerable.Range(0, 3).Select(_ => random.Next(keys.Count)).Distinct().Order().ToArray();
        for (var i = 0; i < keys.Count; i++)
        {
            producer.Send(topic, 0, keys[i], new string('x', large.Contains(i) ? 30_000 : random.Next(1_000)), Now, Numbered(i));
        }

        Check(producer, topic, keys, large, "MSG_SIZE_TOO_LARGE");
    }

    private static Headers Numbered(int number) =>
        Headers.Empty.With("n", number.ToString(CultureInfo.InvariantCulture));

    private IKafkaProducer Producer(params (string Name, string Value)[] settings) => TestClients.For(
        cluster.BootstrapServers,
        producer: settings.Append(("message.max.bytes", "2000000")).ToDictionary(s => s.Item1, s => s.Item2)).Producer();

    private void Check(IKafkaProducer producer, string topic, List<string> keys, int[] refused, params string[] reasons)
    {
        Assert.True(producer.Drain(TestClients.Deadline));
        var failures = new List<int>();
        while (producer.TryTakeFailure(out var failure))
        {
            Assert.Equal((KafkaErrorKind.Refused, false), (failure.Kind, failure.ConcernsTopic));
            Assert.All(reasons, reason => Assert.Contains(reason, failure.Reason, StringComparison.Ordinal));
            failures.Add((int)failure.Number);
        }

        Assert.Equal(refused, failures.Order());
        var last = Read(topic).Select((number, at) => (number, at)).GroupBy(n => n.number)
            .ToDictionary(g => g.Key, g => g.Max(n => n.at));
        var delivered = Enumerable.Range(0, keys.Count).Except(refused).ToList();
        Assert.Equal(delivered, last.Keys.Order());
        Assert.All(keys.Distinct(), key => Assert.Equal(
            delivered.Where(n => keys[n] == key), last.Keys.Where(n => keys[n] == key).OrderBy(n => last[n])));
    }

    private List<int> Read(string topic)
    {
        var partition = new TopicPartition(topic, 0);
        using var consumer = TestClients.For(cluster.BootstrapServers).Loner();
        var (_, end) = consumer.QueryOffsets(partition, TestClients.Deadline);
        consumer.Assign([new PartitionOffset(partition, 0)]);
        return [.. consumer.Read((int)end, partition)
            .Select(r => int.Parse(Encoding.UTF8.GetString(r.Headers![0].Value!), CultureInfo.InvariantCulture))];
    }

    private async Task<string> CreateAsync(string setting, string value)
    {
        Skip.IfNot(cluster.Unavailable is null, cluster.Unavailable);
        var name = $"refused-{Guid.NewGuid():N}";
        await cluster.CreateTopicsAsync(new NewTopic(name, 1, new Dictionary<string, string> { [setting] = value }));
        return name;
    }
}

/// <summary>StreamFlow's own broker.</summary>
public sealed class EmbeddedRefusedBatchTests(EmbeddedCluster cluster)
    : RefusedBatchClusterTests(cluster), IClassFixture<EmbeddedCluster>;

/// <summary>Apache Kafka, which names the records that it finds invalid.</summary>
public sealed class ApacheRefusedBatchTests(ApacheCluster cluster)
    : RefusedBatchClusterTests(cluster), IClassFixture<ApacheCluster>;
