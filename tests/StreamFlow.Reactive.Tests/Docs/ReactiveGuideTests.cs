using System.Reactive.Linq;
using System.Reactive.Subjects;
using StreamFlow.Reactive.Tests.Support;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Reactive.Tests.Docs;

/// <summary>The snippets of docs/guide/reactive.md and docs/guide/queries.md, compiled and run.</summary>
public sealed class ReactiveGuideTests
{
    private readonly List<string> _lines = [];

    [Fact]
    public async Task Streams_and_stores()
    {
        await using var harness = new Harness(("payments", 1));
        var builder = new StreamsBuilder();
        var large = builder.Stream<string, double>("payments").AsObservable();
        large.Where(payment => payment.Value > 1000)
            .Buffer(TimeSpan.FromSeconds(1))
            .Subscribe(batch => WriteLine($"{batch.Count} large payments"));
        builder.Stream<string, string>("words").GroupByKey().Count(new() { Name = "counts" });
        harness.Kafka.CreateTopic("words", 1);
        var application = await harness.StartAsync(builder);
        application.ObserveStore<string, long>("counts")
            .Subscribe(row => WriteLine($"{row.Key}: {(row.HasValue ? row.Value : "gone")}"));
        await using var payments = Observable.Return(2000d).WriteTo(
            harness.Kafka, "payments", _ => "k", new() { KeySerde = Serdes.String, ValueSerde = Serdes.Double });
        harness.Send("words", "alice", "x");

        await Harness.Until(() => Lines.Contains("1 large payments") && Lines.Contains("alice: 1"), "both lines");
        await application.StopAsync();
    }

    [Fact]
    public async Task Topics_sources_and_stages()
    {
        await using var harness = new Harness(("payments", 1), ("temperatures", 1), ("alerts", 1));
        var clients = harness.Kafka;
        using var sensor = new Subject<double>();
        var writing = new TopicWriteOptions<string, double> { KeySerde = Serdes.String, ValueSerde = Serdes.Double };
        await using (var temperatures = sensor.WriteTo(clients, "temperatures", temperature => "cellar", writing))
        {
            sensor.OnNext(20);
            sensor.OnNext(35);
            sensor.OnCompleted();
            await temperatures.Completion;
        }

        var reading = new TopicReadOptions<string, double> { KeySerde = Serdes.String, ValueSerde = Serdes.Double, StopsAtEnd = true };
        await foreach (var temperature in clients.ReadTopic("temperatures", reading))
        {
            WriteLine($"{temperature.Value}");
        }

        clients.ObserveTopic("temperatures", reading).Sum(payment => payment.Value).Subscribe(sum => WriteLine($"{sum}"));
        await Harness.Until(() => Lines.Contains("55"), "the sum");
        Assert.Equal(["20", "35", "55"], Lines);

        var alerts = new TopicWriteOptions<string, string> { KeySerde = Serdes.String, ValueSerde = Serdes.String };
        await using var stage = clients.RunStage(
            ("temperatures", reading with { StopsAtEnd = false }),
            records => records.Where(record => record.Value > 30).Select(record => record.WithValue($"{record.Value} degrees")),
            ("alerts", alerts),
            new StageOptions { GroupId = "alerting" });
        await Harness.Until(() => harness.Values("alerts").Contains("35 degrees"), "the alert");
    }

    [Fact]
    public async Task Queries()
    {
        await using var harness = new Harness(("words", 1));
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("words").GroupByKey().Count(new() { Name = "counts" });
        builder.Stream<string, string>("words2").GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(1), TimeSpan.Zero)).Count(new() { Name = "per-minute" });
        harness.Kafka.CreateTopic("words2", 1);
        var application = await harness.StartAsync(builder);
        harness.Send("words", "alice", "x");
        harness.Send("words2", "alice", "x");
        var written = new RecordPosition(new TopicPartition("words", 0), 0);
        var (from, to) = (0L, 1000L);

        var counts = application.Stores.KeyValue<string, long>("counts");
        var perMinute = application.Stores.Window<string, long>("per-minute");
        await Harness.Until(() => counts.TryGet("alice", out _) && perMinute.Fetch("alice", from, to).Any(), "the counts");

        if (counts.TryGet("alice", out var count))
        {
            WriteLine($"alice: {count}");
        }

        foreach (var (key, row) in counts.Range("a", "m"))
        {
            WriteLine($"{key}: {row.Value}, since {row.Timestamp}");
        }

        var last = perMinute.Fetch("alice", from, to, reverse: true).FirstOrDefault();
        var now = application.Stores.KeyValue<string, long>("counts", new() { Isolation = ReadIsolation.Uncommitted });
        var fresh = application.Stores.KeyValue<string, long>("counts", new() { AtLeast = [written] });
        var place = application.Stores.PlaceOf("counts", "alice");
        var member = (await application.Stores.MembersAsync("counts")).Single(m => m.Partitions.Contains(place.TaskId.Partition));

        Assert.Equal(["alice: 1", "alice: 1, since 0"], Lines);
        Assert.Equal((0, 1), (last.Key, last.Value.Value));
        Assert.True(now.TryGet("alice", out _) && fresh.TryGet("alice", out _) && place.IsHere);
        Assert.Equal("app-StreamThread-1", member.ClientId);
    }

    private IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    private void WriteLine(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
        }
    }
}
