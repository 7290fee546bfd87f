using Confluent.Kafka;
using StreamFlow.Broker.Testing.Tests.Support;
using StreamFlow.Kafka;
using StreamFlow.Serialization;

namespace StreamFlow.Broker.Testing.Tests;

/// <summary>An application with exactly-once, on a broker at which everything goes wrong once.</summary>
public sealed class ApplicationTests
{
    private const int Records = 120;
    private const int Keys = 6;

    public static TheoryData<string> Troubles() =>
    [
        nameof(BrokerFaultPlan.Fail), nameof(BrokerFaultPlan.Disconnect), nameof(BrokerFaultPlan.Crash), nameof(BrokerFaultPlan.CrashAt),
    ];

    /// <summary>The last count of each key is right only if no record was counted twice and none was left out.</summary>
    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task Counts_are_exact_whatever_the_broker_does(string trouble)
    {
        await using TestBroker broker = TestBroker.Start(new EmbeddedBrokerOptions
        {
            Topics = [new BrokerTopic("orders"), new BrokerTopic("counts")], FlushPolicy = BrokerFlushPolicy.EveryAppend,
        });
        List<BrokerFault> faults = Script(broker.Faults, trouble);
        await using StreamsApplication application = Application(broker);
        await application.StartAsync();

        // Idempotent, or a record that is sent again because the broker has died would rightly count twice.
        using IProducer<string, string> producer = Rdkafka.Producer(broker, static config => config.EnableIdempotence = true);
        await SendAsync(producer, Records / 2);

        // Two halves are two transactions at least, and faults of a second one strike.
        await Eventually.TrueAsync(() => Rdkafka.ReadAll(broker, "counts").Count > 0, "something is counted");
        await SendAsync(producer, Records / 2);
        await Eventually.TrueAsync(
            () =>
            {
                Assert.Null(application.Status.Error);
                return Last(Rdkafka.ReadAll(broker, "counts")).Count(static count => count.Value == Records / Keys) == Keys;
            },
            $"all is counted; now {string.Join(' ', Last(Rdkafka.ReadAll(broker, "counts")))}");
        await application.StopAsync();

        List<string> counts = Rdkafka.ReadAll(broker, "counts");
        Assert.All(Last(counts), static count => Assert.Equal(Records / Keys, count.Value));
        Assert.Equal(counts.Distinct(), counts);
        Assert.All(faults, static fault => Assert.True(fault.Hits > 0, $"A fault of {fault.Api}{fault.Step} never struck."));
    }

    private static async Task SendAsync(IProducer<string, string> producer, int records)
    {
        for (int i = 0; i < records; i += Keys)
        {
            await Rdkafka.SendAsync(producer, "orders", [.. Enumerable.Range(0, Keys).Select(static key => $"{key}")]);
        }
    }

    private static List<BrokerFault> Script(BrokerFaultPlan faults, string trouble) => trouble switch
    {
        nameof(BrokerFaultPlan.Fail) =>
        [
            faults.Fail(BrokerApi.FindCoordinator, BrokerError.CoordinatorLoadInProgress),
            faults.Fail(BrokerApi.EndTxn, BrokerError.CoordinatorNotAvailable, new RequestMatch { Nth = 2 }),
            faults.Fail(BrokerApi.TxnOffsetCommit, BrokerError.CoordinatorLoadInProgress, new RequestMatch { Nth = 2 }),
            faults.Fail(BrokerApi.Produce, BrokerError.NotEnoughReplicas, new RequestMatch { Topic = "counts", Nth = 2 }),
            faults.Fail(BrokerApi.Fetch, BrokerError.NotLeaderOrFollower, new RequestMatch { Topic = "orders", Nth = 3 }),
        ],
        nameof(BrokerFaultPlan.Disconnect) =>
        [
            faults.Disconnect(BrokerApi.EndTxn, FaultMoment.AfterEffect, new RequestMatch { Nth = 2 }),
            faults.Disconnect(BrokerApi.Produce, FaultMoment.AfterEffect, new RequestMatch { Topic = "counts", Nth = 2 }),
            faults.Disconnect(BrokerApi.TxnOffsetCommit, FaultMoment.BeforeEffect, new RequestMatch { Nth = 2 }),
        ],
        nameof(BrokerFaultPlan.Crash) =>
        [
            faults.Crash(BrokerApi.EndTxn, CrashKind.PowerCut, FaultMoment.AfterEffect, new RequestMatch { Nth = 2 }),
            faults.Crash(BrokerApi.Produce, CrashKind.PowerCut, FaultMoment.BeforeEffect, new RequestMatch { Topic = "counts", Nth = 2 }),
        ],
        _ =>
        [
            faults.CrashAt(TransactionStep.AfterPrepare),
            faults.CrashAt(TransactionStep.BeforeMaterialise, CrashKind.PowerCut, nth: 2),
        ],
    };

    private static StreamsApplication Application(TestBroker broker)
    {
        StreamsBuilder builder = new();
        builder.Stream<string, string>("orders")
            .GroupBy(static (_, value) => value)
            .Count()
            .ToStream()
            .MapValues(static (key, count) => $"{key}={count}")
            .To("counts");
        StreamFlowOptions options = new()
        {
            ApplicationId = "counter",
            ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce,
            CommitInterval = TimeSpan.FromMilliseconds(50),
        };
        KafkaClients clients = new(new KafkaClientOptions
        {
            BootstrapServers = broker.BootstrapServers,
            Consumer = new Dictionary<string, string> { ["reconnect.backoff.ms"] = "10", ["reconnect.backoff.max.ms"] = "50", ["fetch.wait.max.ms"] = "50" },
            Producer = new Dictionary<string, string> { ["reconnect.backoff.ms"] = "10", ["reconnect.backoff.max.ms"] = "50", ["retry.backoff.ms"] = "20" },
        });
        return new StreamsApplication(builder.Build(), options, clients);
    }

    private static Dictionary<string, int> Last(IEnumerable<string> counts) => counts.Select(static count => count.Split('='))
        .GroupBy(static pair => pair[0])
        .ToDictionary(static group => group.Key, static group => int.Parse(group.Last()[1], System.Globalization.CultureInfo.InvariantCulture));
}
