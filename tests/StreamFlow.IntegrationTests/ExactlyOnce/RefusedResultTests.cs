using System.Text;
using StreamFlow.Clients;
using StreamFlow.IntegrationTests.Support;
using StreamFlow.Kafka;

namespace StreamFlow.IntegrationTests.ExactlyOnce;

/// <summary>Results that the topic, or librdkafka itself, finds too large, in transactions of a real client.</summary>
public abstract class RefusedResultTests(ClusterFixture fixture)
{
    private const int Records = 300;

    [SkippableTheory]
    [InlineData(50_000, ErrorResponse.Continue)]
    [InlineData(50_000, ErrorResponse.DeadLetter)]
    [InlineData(2_000_000, ErrorResponse.Continue)]
    public async Task What_is_too_large_is_left_out_and_nothing_else(int size, ErrorResponse answer)
    {
        var cluster = await fixture.FreshAsync();
        await using var harness = await PrepareAsync(cluster);
        await harness.StartAsync(builder => Grow(builder, size), Answer(answer));
        harness.Probe.Produce("in", [.. Enumerable.Range(0, Records).Select(i => ("k", $"{i}", 1L))]);
        await harness.UntilNoLagAsync("refused", "in");

        var expected = Enumerable.Range(0, Records).Where(i => !IsLarge(i)).Select(i => $"{i}");
        Assert.Equal(expected, Committed(cluster, "out"));
        var dead = answer == ErrorResponse.DeadLetter ? Enumerable.Range(0, Records).Where(IsLarge).Select(i => $"{i}") : [];
        Assert.Equal(dead, Committed(cluster, "dead"));
    }

    [SkippableFact]
    public async Task Fail_ends_the_application_at_once_with_nothing_of_the_transaction_visible()
    {
        var cluster = await fixture.FreshAsync();
        await using var harness = await PrepareAsync(cluster);
        var application = harness.Create(builder => Grow(builder, 50_000), Answer(ErrorResponse.Fail));
        await application.StartAsync();
        harness.Probe.Produce("in", ("k", "100", 1L));

        await Until.TrueAsync(() => application.State == StreamsState.Error, "the failure, long before TaskTimeout");

        Assert.Contains("record in-0 offset 0: ", application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("MSG_SIZE_TOO_LARGE", application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Empty(Committed(cluster, "out"));
    }

    private static bool IsLarge(int number) => number is 100 or 101 or 200;

    private static void Grow(StreamsBuilder builder, int size) =>
        builder.Stream<string, string>("in")
            .MapValues(v => IsLarge(int.Parse(v, System.Globalization.CultureInfo.InvariantCulture)) ? new string('x', size) : v)
            .To("out");

    private static Setup Answer(ErrorResponse answer) => new()
    {
        Id = "refused",
        Configure = options =>
        {
            options.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce;
            options.DeadLetterTopic = "dead";
            options.ProductionErrorHandler = (in ErrorContext _) => answer;
        },
    };

    private static List<string> Committed(TestCluster cluster, string topic)
    {
        var partition = new TopicPartition(topic, 0);
        using var consumer = Clients(cluster).CreateConsumer(new ConsumerRole("reader", null, null, ReadCommitted: true, "earliest"));
        var (_, end) = consumer.QueryOffsets(partition, Until.Deadline);
        consumer.Assign([new PartitionOffset(partition, PartitionOffset.Beginning)]);
        var values = new List<string>();
        var reader = consumer.Reader(partition);
        while (reader.Position < end && end > 0)
        {
            consumer.Poll(TimeSpan.FromMilliseconds(20));
            var batch = reader.Next();
            for (var i = 0; i < batch.Count; i++)
            {
                values.Add(Encoding.UTF8.GetString(batch.Read(i).Value));
            }
        }

        return values;
    }

    private static KafkaClients Clients(TestCluster cluster) => new(new KafkaClientOptions { BootstrapServers = cluster.BootstrapServers });

    private static async Task<EngineHarness> PrepareAsync(TestCluster cluster)
    {
        var harness = new EngineHarness(cluster);
        await harness.Probe.CreateTopicsAsync(1, "in", "dead");
        using var admin = Clients(cluster).CreateAdmin("setup");
        await admin.CreateTopicsAsync(
            [new NewTopic("out", 1, new Dictionary<string, string> { ["max.message.bytes"] = "20000" })], CancellationToken.None);
        return harness;
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedRefusedResultTests(EmbeddedFixture fixture) : RefusedResultTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheRefusedResultTests(ApacheFixture fixture) : RefusedResultTests(fixture);
