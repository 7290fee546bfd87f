using System.Globalization;
using System.Text;
using StreamFlow.IntegrationTests.Support;
using StreamFlow.Serialization;

namespace StreamFlow.IntegrationTests.TakeOver;

/// <summary>
/// An application of Kafka Streams is stopped, StreamFlow goes on with its topics, positions and state, and then Kafka Streams again. Names of
/// stores and internal topics are the generated ones; all that is in their topics must be what the other one reads.
/// </summary>
public abstract class TakeOverTests(ClusterFixture fixture)
{
    private const int PerPhase = 60;
    private static readonly string[] Inputs = ["in", "other", "rows", "targets"];
    private static readonly string[] Outputs = 
    [
        "counts", "reduced", "windows", "sessions", "joined", "paired", "grouped", "foreign", "closed", "cogrouped",
    ];


    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task An_application_of_Kafka_Streams_is_taken_over_and_given_back(ProcessingGuarantee guarantee)
    {
        using var folder = new TempFolder();
        var classPath = await JavaApplication.CompileAsync(Path.Combine(Repository.Root, "tests/StreamFlow.IntegrationTests/TakeOver/TakenOver.java"), folder.Path);
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(2, [.. Inputs, .. Outputs]);
        var expected = new TakeOverExpectation();

        await RunJavaAsync(harness, classPath, folder.Path, guarantee, expected, phase: 0);
        await RunAsync(harness, guarantee, expected, phase: 1);
        await RunJavaAsync(harness, classPath, folder.Path, guarantee, expected, phase: 2);
    }

    private static async Task RunJavaAsync(
        EngineHarness harness, string classPath, string folder, ProcessingGuarantee guarantee, TakeOverExpectation expected, int phase)
    {
        await using var java = JavaApplication.Start(
            classPath, "TakenOver", harness.BootstrapServers, "taken", $"{folder}/java{phase}",
            guarantee == ProcessingGuarantee.ExactlyOnce ? "exactly_once_v2" : "at_least_once");
        Produce(harness, expected, phase);
        await Until.TrueAsync(() => Differences(harness, expected).Count == 0, "Kafka Streams has counted", () =>
            string.Join('\n', Differences(harness, expected)) + '\n' + java.Output);
        await java.StopAsync();
    }

    private static async Task RunAsync(EngineHarness harness, ProcessingGuarantee guarantee, TakeOverExpectation expected, int phase)
    {
        var application = await harness.StartAsync(Topology, new Setup
        {
            Id = "taken",
            Configure = options => options.ProcessingGuarantee = guarantee,
        });
        await harness.UntilRunningAsync(application);
        Produce(harness, expected, phase);
        await Until.TrueAsync(() => Differences(harness, expected).Count == 0, "StreamFlow has counted", () =>
            string.Join('\n', Differences(harness, expected)) + '\n' + harness.LogText);
        await harness.UntilNoLagAsync("taken", Inputs);
        await application.StopAsync();
        Assert.Null(application.Status.Error);
    }

    private static void Topology(StreamsBuilder builder)
    {
        var stream = builder.Stream<string, string>("in");
        var rows = builder.Table<string, string>("rows");
        stream.GroupByKey().Count().ToStream().MapValues(count => $"{count}").To("counts");
        stream.GroupBy((_, value) => value).Reduce((one, _) => one + "+").ToStream().To("reduced");
        stream.GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)))
            .Count().ToStream((key, _) => $"{key.Key}@{key.Window.Start}").MapValues(count => $"{count}").To("windows");
        stream.GroupByKey()
            .WindowedBy(SessionWindows.Of(TimeSpan.FromSeconds(3), TimeSpan.FromDays(1)))
            .Count().ToStream(record => $"{record.Key.Key}@{record.Key.Window.Start}-{record.Key.Window.End}")
            .Map(record => record.WithValue(record.HasValue ? $"{record.Value}" : "gone")).To("sessions");
        stream.LeftJoin(rows, (value, row) => $"{value}/{row?.Value ?? "null"}").To("joined");
        var other = builder.Stream<string, string>("other");
        stream.Join(
            other, (one, another) => $"{one}&{another}",
            JoinWindows.Of(TimeSpan.FromSeconds(5), TimeSpan.FromDays(1))).To("paired");
        rows.GroupBy((key, value) => (value, key)).Count().ToStream().MapValues(count => $"{count}").To("grouped");
        rows.LeftJoin(
                builder.Table<string, string>("targets"), (_, value) => value, (value, target) => $"{value}>{target?.Value ?? "null"}")
            .ToStream().Map(record => record.WithValue(record.HasValue ? record.Value : "gone")).To("foreign");
        stream.GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(10), TimeSpan.Zero))
            .Count().Suppress(Suppressed.UntilWindowCloses())
            .ToStream((key, _) => $"{key.Key}@{key.Window.Start}").MapValues(count => $"{count}").To("closed");
        stream.GroupByKey().Cogroup<string>((_, _, sum) => Plus(sum, 1))
            .Cogroup(other.GroupByKey(), (_, _, sum) => Plus(sum, 1000))
            .Aggregate(() => "0").ToStream().To("cogrouped");
    }

    private static string Plus(string sum, int one) =>
        (int.Parse(sum, CultureInfo.InvariantCulture) + one).ToString(CultureInfo.InvariantCulture);

    private static void Produce(EngineHarness harness, TakeOverExpectation expected, int phase)
    {
        foreach (var (topic, records) in expected.Phase(phase, PerPhase))
        {
            harness.Probe.Produce(topic, records);
        }
    }

    /// <summary>Where the last results by key are not those that are due.</summary>
    private static List<string> Differences(EngineHarness harness, TakeOverExpectation expected)
    {
        var differences = new List<string>();
        var partitions = harness.Probe.ReadAll("in")
            .GroupBy(r => Encoding.UTF8.GetString(r.Message.Key))
            .ToDictionary(g => g.Key, g => g.First().Partition.Value);
        foreach (var (topic, due) in expected.Last(partitions))
        {
            var found = harness.Probe.ReadAll(topic)
                .GroupBy(r => Encoding.UTF8.GetString(r.Message.Key))
                .ToDictionary(g => g.Key, g => g.Last().Message.Value is { } value ? Encoding.UTF8.GetString(value) : "gone");
            differences.AddRange(
                from key in due.Keys.Union(found.Keys)
                let one = due.GetValueOrDefault(key, "gone")
                let other = found.GetValueOrDefault(key, "gone")
                where one != other
                select $"{topic} {key}: {other}, not {one}");
        }

        var pairs = harness.Probe.ReadAll("paired")
            .Select(r => $"{Encoding.UTF8.GetString(r.Message.Key)} {Encoding.UTF8.GetString(r.Message.Value)}").ToHashSet();
        differences.AddRange(expected.Pairs.Except(pairs).Select(pair => $"paired {pair}: missing"));
        differences.AddRange(pairs.Except(expected.Pairs).Select(pair => $"paired {pair}: too much"));
        return differences;
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedTakeOverTests(EmbeddedFixture fixture) : TakeOverTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheTakeOverTests(ApacheFixture fixture) : TakeOverTests(fixture);
