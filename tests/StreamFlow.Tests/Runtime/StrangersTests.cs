using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Runtime;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Whoever is in the group of an application and does not belong there.</summary>
public sealed class StrangersTests
{
    private const string Console = "console-consumer";

    [Fact]
    public async Task A_program_that_takes_partitions_away_is_named_while_it_is_there()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var log = new ListLogger();
        var application = await StartAsync(harness, CountingApplication.Build, log: log);
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        using (var guest = Guest(harness, new ConsumerRole(Console, "app", null, ReadCommitted: false, "earliest")))
        {
            await AppHarness.Until(
                () =>
                {
                    guest.Poll(TimeSpan.Zero);
                    return application.Status.Problems.Any(p => p.Contains("has in-", StringComparison.Ordinal));
                },
                "the guest is told with its partition");
            var problem = Assert.Single(application.Status.Problems);
            Assert.Contains($"'{Console}' (member {Console}-", problem, StringComparison.Ordinal);
            Assert.Contains("group.id", problem, StringComparison.Ordinal);
            Assert.Contains(log.Messages, m => m.Contains(problem, StringComparison.Ordinal));
            guest.Close();
        }

        await AppHarness.Until(() => application.Status.Problems.Count == 0, "the guest is gone");
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);
    }

    [Fact]
    public async Task Instances_with_different_topologies_name_each_other()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var one = await StartAsync(harness, b => b.Stream<string, string>("in").To("out"), "one");
        var other = await StartAsync(harness, b => b.Stream<string, string>("in").MapValues(v => v).To("out"), "other");

        await AppHarness.Until(() => one.Status.Problems.Count == 1 && other.Status.Problems.Count == 1, "both are told");

        Assert.Contains("'other-StreamThread-1-consumer-t", one.Status.Problems[0], StringComparison.Ordinal);
        Assert.Contains("'one-StreamThread-1-consumer-t", other.Status.Problems[0], StringComparison.Ordinal);
        Assert.Contains("TopologyVersion", other.Status.Problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Optimised_and_not_are_different_where_the_plans_are()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        void Build(StreamsBuilder builder) => builder.Stream<string, string>("in")
            .Join(builder.Table("rows", materialized: new Materialized<string, string> { Name = "rows" }), (v, r) => v + r).To("out");
        harness.Kafka.CreateTopic("rows", 2);
        await harness.StartAsync(Build, o => o.ClientId = "one");
        var optimised = await harness.StartAsync(
            Build, o => o.ClientId = "other", optimization: TopologyOptimization.All);
        var plain = await harness.StartAsync(
            b => b.Stream<string, string>("in").To("out"), o => o.ApplicationId = "plain");
        var plainOptimised = await harness.StartAsync(
            b => b.Stream<string, string>("in").To("out"), o => o.ApplicationId = "plain", optimization: TopologyOptimization.All);

        await AppHarness.Until(() => optimised.Status.Problems.Count == 1, "the one that is not is told");
        await UntilSharedAsync(plain, plainOptimised);
        Assert.Empty(plain.Status.Problems);
        Assert.Empty(plainOptimised.Status.Problems);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("2", "2")]
    public async Task Equal_topologies_and_equal_versions_get_on_in_silence(string version, string otherVersion)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        void Changed(StreamsBuilder b) => b.Stream<string, string>("in").MapValues(v => v + version).To("out");
        var one = await StartAsync(harness, Changed, "one", version);
        var other = await StartAsync(
            harness, b =>
            {
                if (version.Length == 0)
                {
                    Changed(b);
                }
                else
                {
                    b.Stream<string, string>("in").To("out");
                }
            },
            "other", otherVersion);
        await UntilSharedAsync(one, other);

        Assert.Empty(one.Status.Problems);
        Assert.Empty(other.Status.Problems);
    }

    /// <summary>Of two members that go by different leaders both would have each task.</summary>
    [Fact]
    public async Task A_member_that_goes_by_other_leaders_holds_tasks_back_until_it_is_gone()
    {
        await using var harness = new AppHarness(("a", 1), ("b", 2), ("out", 1));
        var log = new ListLogger();
        using var guest = Guest(
            harness,
            new ConsumerRole("old-StreamThread-1-consumer", "app", null, ReadCommitted: false, "earliest") { Mark = "v1.0123" },
            "a");
        guest.Poll(TimeSpan.Zero);
        harness.Send("b", 1, "k", "v");
        var application = await StartAsync(
            harness, b => b.Stream<string, string>(["a", "b"]).To("out"), version: "1", log: log);
        await AppHarness.Until(
            () =>
            {
                guest.Poll(TimeSpan.Zero);
                return log.Messages.Any(m => m.Contains("waits for 'old-StreamThread-1-consumer-v1.0123'", StringComparison.Ordinal));
            },
            "the member is named");
        Assert.All(application.Status.Threads.SelectMany(t => t.Tasks), t => Assert.Equal(TaskState.Created, t.State));
        Assert.Empty(harness.Values("out"));

        guest.Close();
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the record is processed");
        Assert.Empty(application.Status.Problems);
    }

    /// <summary>Nothing starts before the group was seen, so one that cannot be asked just then is not left alone for an hour.</summary>
    [Fact]
    public async Task A_look_that_gets_no_answer_is_soon_done_again()
    {
        await using var harness = new AppHarness(("a", 1), ("b", 1), ("out", 1));
        harness.Send("a", 0, "k", "v");
        var fault = harness.Kafka.Faults.Fail(ClientCall.DescribeGroup, KafkaErrorKind.Retriable, new FaultMatch { Times = 3 });
        await harness.StartAsync(
            b => b.Stream<string, string>(["a", "b"]).To("out"), o => o.ClusterCheckInterval = TimeSpan.FromHours(1));

        await AppHarness.Until(() => harness.Values("out").Count == 1, "the record is processed");
        Assert.Equal(3, fault.Hits);
    }

    /// <summary>Where another topic could lead, the mark tells which one does; where none could, there is nothing to tell.</summary>
    [Fact]
    public void Members_that_go_by_other_leaders_have_other_marks()
    {
        var merged = Marks(b => b.Stream<string, string>(["a", "b"]).To("out"));
        Assert.Equal(merged(2, 1), merged(5, 4));
        Assert.NotEqual(merged(2, 1).Layout, merged(1, 2).Layout);
        Assert.Equal(merged(2, 1).Topology, merged(1, 2).Topology);
        Assert.Equal(merged(2, 1), MemberMark.In($"app-StreamThread-1-consumer-{merged(2, 1)}"));

        var plain = Marks(b =>
        {
            b.Stream<string, string>("a").To("out");
            b.Stream<string, string>("b").To("out");
        });
        Assert.Equal((plain(2, 1), string.Empty), (plain(1, 2), plain(1, 2).Layout));

        static Func<int, int, MemberMark> Marks(Action<StreamsBuilder> topology)
        {
            var builder = new StreamsBuilder();
            topology(builder);
            var plan = builder.Build().Plan;
            return (a, b) => MemberMark.Of(
                string.Empty, "the topology", new ResolvedTopics(plan, "app", new() { ["a"] = a, ["b"] = b }));
        }
    }

    [Theory]
    [InlineData("app-StreamThread-1-consumer-t0011aabb", "t0011aabb", "")]
    [InlineData("my-consumer-x-StreamThread-12-consumer-v2024_05-rc.0a1b", "v2024_05-rc", "0a1b")]
    [InlineData("app-StreamThread-1-consumer", null, null)]
    [InlineData("console-consumer", null, null)]
    [InlineData("rdkafka", null, null)]
    [InlineData("", null, null)]
    public void Marks_are_read_from_client_ids(string clientId, string? topology, string? layout)
    {
        var mark = MemberMark.In(clientId);

        Assert.Equal(topology, mark?.Topology);
        Assert.Equal(layout, mark?.Layout);
        Assert.True(mark is null || clientId.EndsWith($"-{mark}", StringComparison.Ordinal));
    }

    private static Task<StreamsApplication> StartAsync(
        AppHarness harness, Action<StreamsBuilder> topology, string clientId = "", string version = "", ListLogger? log = null) =>
        harness.StartAsync(
            topology,
            o =>
            {
                CountingApplication.ExactlyOnce(o);
                o.ClientId = clientId;
                o.TopologyVersion = version;
            },
            log is null ? null : new StreamsServices { Logging = log });

    private static Task UntilSharedAsync(params StreamsApplication[] applications) => AppHarness.Until(
        () => Array.TrueForAll(applications, a => a.State == StreamsState.Running && a.Status.Threads.Sum(t => t.Tasks.Count) == 1),
        "a task for each");

    private static IKafkaConsumer Guest(AppHarness harness, ConsumerRole role, string topic = "in")
    {
        var guest = harness.Kafka.CreateConsumer(role);
        guest.Subscribe([topic], [topic], new Taker());
        return guest;
    }

    /// <summary>Takes what it is given.</summary>
    private sealed class Taker : IRebalanceListener
    {
        public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders) =>
            [.. leaders.Select(l => new PartitionOffset(l, PartitionOffset.Stored))];

        public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders) => leaders;

        public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders) => leaders;
    }
}
