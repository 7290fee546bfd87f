using StreamFlow.Broker.Tests.Clients.Tables;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.TestSupport;
using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Clients.Traces;

/// <summary>
/// What clients said to Apache Kafka 4.3.1, said again to this broker. STREAMFLOW_RECORD_TRACES=1 records the traces anew, which needs
/// Apache Kafka and a JDK.
/// </summary>
public sealed class TraceTests(ITestOutputHelper output)
{
    private const int LargestTrace = 64 << 10;

    /// <summary>Features of <see cref="ClientTable"/> whose requests one client sends one after the other.</summary>
    private static readonly string[] Features =
    [
        "gzip", "keys and headers, empty and null", "commit, committed, seek", "offsets by time", "idempotent producer",
        "transactions: commit, abort", "offsets in a transaction", "admin: topics", "admin: configs", "admin: groups", "admin: rules",
        "admin: users",
    ];

    public static TheoryData<string> Traces() => [.. Trace.Names];

    [Theory]
    [MemberData(nameof(Traces))]
    public async Task Answers_to_a_clients_requests_are_those_of_Apache_Kafka(string name)
    {
        Assert.InRange(Trace.SizeOf(name), 1, LargestTrace);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Authorization = new BrokerAuthorization { SuperUsers = ["User:ANONYMOUS"] },
        });
        using TraceReplay replay = new(broker.Port);
        await replay.RunAsync(Trace.Load(name));
        output.WriteLine($"{replay.Compared} answers compared, {replay.Differences.Count} fields differ");
        string[] others = [.. replay.Differences.Where(static x => !AllowedDifferences.All.Any(y => y.Covers(x)))];
        Assert.True(others.Length == 0, $"{others.Length} other fields:\n{string.Join('\n', others.Distinct())}");
        Assert.True(replay.Compared > 50, $"Only {replay.Compared} answers were compared.");
    }

    [Fact]
    public async Task Differences_that_are_allowed_are_there()
    {
        List<string> differences = [];
        foreach (string name in Trace.Names)
        {
            await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
            using TraceReplay replay = new(broker.Port);
            await replay.RunAsync(Trace.Load(name));
            differences.AddRange(replay.Differences);
        }

        Assert.All(AllowedDifferences.All, allowed => Assert.Contains(differences, allowed.Covers));
    }

    [SkippableFact]
    public async Task Traces_are_recorded_from_Apache_Kafka()
    {
        Skip.If(Environment.GetEnvironmentVariable("STREAMFLOW_RECORD_TRACES") is null, "STREAMFLOW_RECORD_TRACES=1 records them");
        Skip.If(ToolProcess.WhyUnavailable() is not null, ToolProcess.WhyUnavailable());
        foreach (string client in (string[])["Java 4.3.1", "Confluent.Kafka 2.16.0"])
        {
            using TemporaryDirectory folder = new();
            using TraceRecorder recorder = new();
            int port = FreePort.Find();
            await using ApacheKafkaBroker kafka = await ApacheKafkaBroker.StartAsync(
                folder.Path,
                port,
                $"advertised.listeners=PLAINTEXT://127.0.0.1:{recorder.Port}",
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users=User:ANONYMOUS",
                "offsets.topic.num.partitions=1",
                "transaction.state.log.num.partitions=1",
                "max.incremental.fetch.session.cache.slots=0");
            recorder.Begin(port);
            await using ClientBroker address = await ClientBroker.StartAsync($"127.0.0.1:{recorder.Port}");
            Dictionary<string, string> results = await ClientTable.RunAsync(client, address, Features);
            Assert.All(Features, feature => Assert.Equal((feature, "ok"), (feature, results[feature])));
            Trace.Save(client.Split(' ')[0].ToLowerInvariant(), recorder.Calls);
        }
    }
}
