using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using StreamFlow.Broker.Measuring;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests;

/// <summary>What a broker measures of itself, as somebody sees it who listens, and as docs/reference/metrics.md tells it.</summary>
public sealed partial class MetricsTests
{
    [Fact]
    public async Task Connections_are_counted_up_to_their_limit()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { MaxConnections = 1 });
        using MeasuredBroker measured = new(broker.BootstrapServers);
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.CallAsync("ApiVersions", 0, []);
        using RawClient refused = await RawClient.ConnectAsync(broker.Port);
        Assert.Null(await refused.ReceiveFrameAsync());

        Assert.Equal(1, measured.Sum("streamflow.broker.connections"));
        Assert.Equal(1, measured.Sum("streamflow.broker.connections.limit"));
        Assert.Equal(1, measured.Sum("streamflow.broker.connections.accepted"));
        Assert.Equal(1, measured.Sum("streamflow.broker.connections.refused"));
    }

    [Fact]
    public async Task Requests_and_their_errors_are_counted_by_api()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(WithTopic());
        using MeasuredBroker measured = new(broker.BootstrapServers);
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.ProduceAsync("t", 0, TestBatch.Build("a"));
        await client.ProduceAsync("t", 7, TestBatch.Build("a"));
        await client.FetchAsync("absent", 0, 0);

        Assert.Equal(2, measured.Sum("streamflow.broker.requests", ("api", "Produce")));
        Assert.Equal(2, measured.Count("streamflow.broker.request.duration", ("api", "Produce")));
        Assert.Equal(1, measured.Sum("streamflow.broker.request.errors", ("api", "Produce")));
        Assert.Equal(1, measured.Sum("streamflow.broker.request.errors", ("api", "Fetch"), ("error", "UnknownTopicOrPartition")));
    }

    [Fact]
    public async Task Records_and_bytes_are_counted_by_topic_and_duplicates_once()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(WithTopic());
        using MeasuredBroker measured = new(broker.BootstrapServers);
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        byte[] batch = TestBatch.Build(new TestBatchOptions { ProducerId = 5, ProducerEpoch = 0, BaseSequence = 0 }, "a", "b", "c");
        Assert.Equal(0, (await client.ProduceAsync("t", 0, batch)).Number("error_code"));
        Assert.Equal(0, (await client.ProduceAsync("t", 0, batch)).Number("error_code"));
        await client.ProduceAsync("t", 0, TestBatch.Build("d"));
        long bytes = batch.Length + TestBatch.Build("d").Length;
        await client.FetchAsync("t", 0, 0);

        Assert.Equal((4, bytes), Both(measured, "streamflow.broker.produced"));
        Assert.Equal((4, bytes), Both(measured, "streamflow.broker.fetched"));
        Assert.Equal(bytes, measured.Sum("streamflow.broker.topic.size", ("topic", "t")));
        Assert.Equal(4, measured.Sum("streamflow.broker.partition.end_offset", ("topic", "t"), ("partition", "0")));
        Assert.Equal(0, measured.Sum("streamflow.broker.partition.start_offset", ("topic", "t"), ("partition", "1")));
    }

    [Fact]
    public async Task Flushes_are_timed_one_by_one()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            WithTopic() with { FlushPolicy = BrokerFlushPolicy.EveryAppend });
        using MeasuredBroker measured = new(broker.BootstrapServers);
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.ProduceAsync("t", 0, TestBatch.Build("a"));
        await client.ProduceAsync("t", 0, TestBatch.Build("b"));

        Assert.Equal(2, measured.Count("streamflow.broker.flush.duration"));
    }

    [Fact]
    public async Task Groups_are_counted_by_state()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using MeasuredBroker measured = new(broker.BootstrapServers);
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        string member = await client.StableMemberAsync("first");
        await client.StableMemberAsync("second");
        await client.CallAsync("LeaveGroup", 3, GroupRequests.Leave(member, "first"));

        Assert.Equal(1, measured.Sum("streamflow.broker.groups", ("state", "Empty")));
        Assert.Equal(1, measured.Sum("streamflow.broker.groups", ("state", "Stable")));
        Assert.Equal(0, measured.Sum("streamflow.broker.groups", ("state", "PreparingRebalance")));
    }

    [Fact]
    public async Task Open_transactions_are_counted_with_the_age_of_the_oldest()
    {
        var clock = Clock.StandingStill();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(WithTopic() with { TimeProvider = clock });
        using MeasuredBroker measured = new(broker.BootstrapServers);
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        RawTransaction old = await RawTransaction.InitAsync(client, "old", 3);
        RawTransaction young = await RawTransaction.InitAsync(client, "young", 3);
        await old.AddAsync("t", 0);
        await old.ProduceAsync("t", 0, 0, "value");
        clock.Advance(TimeSpan.FromSeconds(7));
        await young.AddAsync("t", 0);
        clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(2, measured.Sum("streamflow.broker.transactions", ("state", "Ongoing")));
        Assert.Equal(10, measured.Sum("streamflow.broker.transaction.oldest"));
        Assert.Equal(0, measured.Sum("streamflow.broker.partition.stable_offset", ("topic", "t"), ("partition", "0")));

        await old.EndAsync(commit: true);
        Assert.Equal(3, measured.Sum("streamflow.broker.transaction.oldest"));
        await young.EndAsync(commit: false);
        Assert.Equal(0, measured.Sum("streamflow.broker.transactions"));
        Assert.Equal(0, measured.Sum("streamflow.broker.transaction.oldest"));
    }

    /// <summary>A listener that throws is told of each request and fsync; neither client nor disk may learn of it.</summary>
    [Fact]
    public async Task A_listener_that_throws_keeps_nobody_from_being_served()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            WithTopic() with { FlushPolicy = BrokerFlushPolicy.EveryAppend });
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument.Meter.Name == BrokerMeter.Name && !instrument.IsObservable)
                {
                    own.EnableMeasurementEvents(instrument);
                }
            },
        };
        int calls = 0;
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException($"listener {Interlocked.Increment(ref calls)}"));
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => throw new InvalidOperationException($"listener {Interlocked.Increment(ref calls)}"));
        listener.Start();
        using RawClient client = await RawClient.ConnectAsync(broker.Port);

        Assert.Equal(0, (await client.ProduceAsync("t", 0, TestBatch.Build("a"))).Number("error_code"));
        Assert.Equal([0L], TestBatch.Read((await client.FetchAsync("t", 0, 0)).Bytes("records")).Select(record => record.Offset));
        Assert.NotEqual(0, calls);
    }

    [Fact]
    public async Task A_broker_that_has_stopped_is_measured_no_more()
    {
        EmbeddedBroker broker = await EmbeddedBroker.StartAsync(WithTopic());
        using MeasuredBroker measured = new(broker.BootstrapServers);
        Assert.Equal(0, measured.Sum("streamflow.broker.connections"));

        await broker.DisposeAsync();

        Assert.Null(measured.Sum("streamflow.broker.connections"));
    }

    [Fact]
    public async Task Instruments_and_tags_are_those_of_the_page()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            WithTopic() with { FlushPolicy = BrokerFlushPolicy.EveryAppend });
        using MeasuredBroker measured = new(broker.BootstrapServers);
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.ProduceAsync("t", 0, TestBatch.Build("a"));
        await client.ProduceAsync("t", 7, TestBatch.Build("a"));
        await client.FetchAsync("t", 0, 0);

        IEnumerable<string> seen = measured.All().GroupBy(m => m.Instrument).Select(g =>
            $"{g.Key.Name} {KindOf(g.Key)} {g.Key.Unit} {string.Join(' ', g.SelectMany(m => m.Tags.Keys).Except([BrokerMeter.AddressTag]).Order())}");
        IEnumerable<string> documented = Row().Matches(File.ReadAllText(Page())).Select(row =>
            $"{row.Groups["name"].Value} {row.Groups["kind"].Value} {row.Groups["unit"].Value} "
            + string.Join(' ', Tag().Matches(row.Groups["tags"].Value).Select(m => m.Groups[1].Value).Order()));

        Assert.Equal(documented.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    private static EmbeddedBrokerOptions WithTopic() => new() { Topics = [new BrokerTopic("t", 2)] };

    private static (double Records, double Bytes) Both(MeasuredBroker measured, string name) =>
        (measured.Sum(name, ("topic", "t"))!.Value, measured.Sum(name + ".size", ("topic", "t"))!.Value);

    private static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "ObservableGauge" => "gauge",
        "Histogram" => "histogram",
        string other => other,
    };

    private static string Page([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/reference/metrics.md"));

    [GeneratedRegex(@"^\| `(?<name>streamflow\.broker\.[\w.]+)` \| (?<kind>\w+) \| `(?<unit>[^`]+)` \| (?<tags>[^|]*)\| [^|]{5,} \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Tag();
}
