using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.IntegrationTests.Support;
using StreamFlow.Kafka;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>Topics that take less than a batch: 20 KB, where records are of 1 KB and come by the hundreds.</summary>
public abstract class RefusedBatchTests(ClusterFixture fixture)
{
    private const int Records = 500;
    private const string Store = "rows";

    public static TheoryData<ProcessingGuarantee, string> Topics => new()
    {
        { ProcessingGuarantee.AtLeastOnce, "out" },
        { ProcessingGuarantee.AtLeastOnce, "batches-rows-changelog" },
        { ProcessingGuarantee.AtLeastOnce, "batches-again-repartition" },
        { ProcessingGuarantee.ExactlyOnce, "out" },
        { ProcessingGuarantee.ExactlyOnce, "batches-rows-changelog" },
        { ProcessingGuarantee.ExactlyOnce, "batches-again-repartition" },
    };

    [SkippableTheory]
    [MemberData(nameof(Topics))]
    public async Task Of_records_that_are_too_large_together_none_is_left_out(ProcessingGuarantee guarantee, string limited)
    {
        var cluster = await fixture.FreshAsync();
        await using var harness = await PrepareAsync(cluster, limited);
        Produce(harness, large: -1);
        var asked = new ConcurrentQueue<ErrorContext>();
        await harness.StartAsync(Topology, With(guarantee, ErrorResponse.Fail, asked));
        await UntilOutAsync(harness, Enumerable.Range(0, Records));

        Assert.Empty(asked);
    }

    [SkippableTheory]
    [MemberData(nameof(Topics))]
    public async Task A_limit_that_is_there_at_the_start_is_kept_without_a_refusal(ProcessingGuarantee guarantee, string limited)
    {
        var cluster = await fixture.FreshAsync();
        await using var harness = await PrepareAsync(cluster, limited);
        Produce(harness, large: -1);
        await harness.StartAsync(Topology, With(guarantee, ErrorResponse.Fail, new()) with { Producer = [] });
        await UntilOutAsync(harness, Enumerable.Range(0, Records));

        Assert.DoesNotContain(harness.Log, line => line.Contains("refused a batch", StringComparison.Ordinal)
            || line.Contains("MSG_SIZE_TOO_LARGE", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [MemberData(nameof(Topics))]
    public async Task Of_records_with_one_that_is_too_large_only_that_one_is(ProcessingGuarantee guarantee, string limited)
    {
        const int LargeOne = 123;
        var cluster = await fixture.FreshAsync();
        await using var harness = await PrepareAsync(cluster, limited);
        Produce(harness, LargeOne);
        var asked = new ConcurrentQueue<ErrorContext>();
        await harness.StartAsync(Topology, With(guarantee, ErrorResponse.DeadLetter, asked));
        await UntilOutAsync(harness, Enumerable.Range(0, Records).Where(i => i != LargeOne || IsDelivered(guarantee, limited)));
        await harness.UntilAsync(() => harness.Probe.ReadAll("dead").Count > 0, "the dead letter");

        // A transaction may be aborted for other reasons, and done again: then the same record is asked about again.
        var error = asked.First();
        Assert.All(asked, again => Assert.Equal((error.Topic, error.Partition, error.Offset), (again.Topic, again.Partition, again.Offset)));
        Assert.True(guarantee == ProcessingGuarantee.ExactlyOnce || asked.Count == 1, $"The handler was asked {asked.Count} times.");
        Assert.Equal(ErrorStage.Production, error.Stage);
        Assert.Contains(limited, error.Exception.Message, StringComparison.Ordinal);
        if (limited == "batches-again-repartition")
        {
            Assert.Equal((new TaskId(0, 0), "in", 0, (long)LargeOne), (error.TaskId, error.Topic, error.Partition, error.Offset));
        }
        else
        {
            // There the input is what came through the repartition topic, markers of transactions included.
            Assert.Equal((new TaskId(1, 0), "batches-again-repartition", 0), (error.TaskId, error.Topic, error.Partition));
            Assert.Equal($"k{LargeOne}", Encoding.UTF8.GetString(error.SourceKey!.Value.Span));
        }

        Assert.Equal(limited == "batches-rows-changelog", error.Operator == Store);
        var letter = Assert.Single(harness.Probe.ReadAll("dead"));
        Assert.Equal($"k{LargeOne}", Encoding.UTF8.GetString(letter.Message.Key));
    }

    /// <summary>What the dead letter topic would take, the client does not.</summary>
    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_dead_letter_of_three_megabytes_goes_without_its_value(ProcessingGuarantee guarantee)
    {
        var cluster = await fixture.FreshAsync();
        await using var harness = await PrepareAsync(cluster, "none");
        using (var producer = Clients(cluster, ("message.max.bytes", "5000000")).CreateProducer(new ProducerRole("input", null, TimeSpan.FromMinutes(1))))
        {
            var record = new ByteRecord { Key = "k"u8, HasKey = true, Value = new byte[3_000_000], HasValue = true, Timestamp = 7 };
            Assert.True(producer.TryProduce(producer.Topic("in"), 0, in record, Headers.Empty.With("h", "1")));
            Assert.True(producer.Drain(TimeSpan.FromSeconds(30)));
        }

        harness.Probe.Produce("in", ("k", "fine", 8L));
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in")
                .MapValues(v => v.Length > 10 ? throw new InvalidOperationException("too long for me") : v)
                .To("out"),
            With(guarantee, ErrorResponse.DeadLetter, new()));
        await harness.UntilNoLagAsync("batches", "in");

        var letter = Assert.Single(harness.Probe.ReadAll("dead")).Message;
        Assert.Equal(("k", null, 7L), (Encoding.UTF8.GetString(letter.Key), letter.Value, letter.Timestamp.UnixTimestampMs));
        var headers = letter.Headers.ToDictionary(h => h.Key, h => Encoding.UTF8.GetString(h.GetValueBytes()));
        Assert.Equal(("1", "in", "0", "0"), (
            headers["h"], headers["__streams.errors.topic"], headers["__streams.errors.partition"], headers["__streams.errors.offset"]));
        Assert.Equal(("too long for me", "3000000"), (headers["__streams.errors.message"], headers["streamflow.errors.value.size"]));
        Assert.Equal("fine", Encoding.UTF8.GetString(Assert.Single(harness.Probe.ReadAll("out")).Message.Value));
        Assert.Null(application.Status.Error);
    }

    /// <summary>At least once a row has gone on before its changelog refuses it.</summary>
    private static bool IsDelivered(ProcessingGuarantee guarantee, string limited) =>
        guarantee == ProcessingGuarantee.AtLeastOnce && limited == "batches-rows-changelog";

    private static void Topology(StreamsBuilder builder) =>
        builder.Stream<string, string>("in")
            .Repartition(new() { Name = "again", PartitionCount = 1 })
            .GroupByKey()
            .Reduce((_, value) => value, new() { Name = Store })
            .ToStream()
            .To("out");

    private static Setup With(ProcessingGuarantee guarantee, ErrorResponse answer, ConcurrentQueue<ErrorContext> asked) => new()
    {
        Id = "batches",

        // Otherwise the producer knows the limit, and sends no batch that is too large.
        Producer = new() { ["batch.size"] = "1000000" },
        Configure = options =>
        {
            options.ProcessingGuarantee = guarantee;
            options.CommitInterval = TimeSpan.FromSeconds(1);
            options.DeadLetterTopic = "dead";
            options.ProcessingErrorHandler = (in ErrorContext _) => answer;
            options.ProductionErrorHandler = (in ErrorContext context) =>
            {
                asked.Enqueue(context);
                return answer;
            };
        },
    };

    private static void Produce(EngineHarness harness, int large) => harness.Probe.Produce("in",
        [.. Enumerable.Range(0, Records).Select(i => ($"k{i}", new string('x', i == large ? 30_000 : 1_000), 1L + i))]);

    private static async Task UntilOutAsync(EngineHarness harness, IEnumerable<int> expected)
    {
        var numbers = expected.ToList();
        await harness.UntilNoLagAsync("batches", "in");
        await harness.UntilAsync(() => Out(harness).Count >= numbers.Count, "the results");
        Assert.Equal(numbers, Out(harness));
    }

    /// <summary>Numbers of the keys that are out.</summary>
    private static List<int> Out(EngineHarness harness) =>
        [.. harness.Probe.ReadAll("out").Select(r => int.Parse(Encoding.UTF8.GetString(r.Message.Key).AsSpan(1), CultureInfo.InvariantCulture))
            .Distinct().Order()];

    private static KafkaClients Clients(TestCluster cluster, params (string Name, string Value)[] producer) => new(new KafkaClientOptions
    {
        BootstrapServers = cluster.BootstrapServers,
        Producer = producer.Select(p => KeyValuePair.Create(p.Name, p.Value)),
    });

    /// <summary>Topics, of which one takes batches of 20 KB only; all others take 5 MB.</summary>
    private static async Task<EngineHarness> PrepareAsync(TestCluster cluster, string limited)
    {
        using var admin = Clients(cluster).CreateAdmin("setup");
        string[] topics = ["in", "out", "dead", "batches-rows-changelog", "batches-again-repartition"];
        await admin.CreateTopicsAsync(
            [.. topics.Select(topic => new NewTopic(topic, 1, new Dictionary<string, string>
            {
                ["max.message.bytes"] = topic == limited ? "20000" : "5000000",
                ["cleanup.policy"] = topic.EndsWith("-changelog", StringComparison.Ordinal) ? "compact" : "delete",
                ["retention.ms"] = "-1",
            }))],
            CancellationToken.None);
        return new EngineHarness(cluster);
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedRefusedBatchTests(EmbeddedFixture fixture) : RefusedBatchTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheRefusedBatchTests(ApacheFixture fixture) : RefusedBatchTests(fixture);
