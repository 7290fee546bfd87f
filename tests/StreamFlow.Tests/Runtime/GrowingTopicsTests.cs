namespace StreamFlow.Tests.Runtime;

/// <summary>Partitions are added to the topics of an application that runs.</summary>
public sealed class GrowingTopicsTests
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(20);

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Added_partitions_are_read_where_there_is_no_state(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 1));
        var one = await StartAsync(harness, b => b.Stream<string, string>("in").To("out"), guarantee, threads: 2);
        var other = await StartAsync(harness, b => b.Stream<string, string>("in").To("out"), guarantee, clientId: "other");
        Send(harness, "in", 0);
        await AppHarness.Until(() => harness.Values("out").Count == 2, "the first records");

        harness.Kafka.AddPartitions("in", 5);
        Send(harness, "in", 1);
        await AppHarness.Until(() => harness.Values("out").Count >= 7, "records of all partitions");
        await one.StopAsync();
        await other.StopAsync();

        Assert.Equal(Sent(harness, "in"), harness.Values("out").Order());
        Assert.All(
            Enumerable.Range(0, 5),
            p => Assert.Equal(p < 2 ? 2 : 1, harness.Kafka.CommittedOffsets("app")[new("in", p)].Offset));
    }

    /// <summary>The group shares out what the broker that is asked has not heard of yet.</summary>
    [Fact]
    public async Task Added_partitions_that_a_broker_tells_of_late_are_waited_for()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 1));
        var topics = new ChangedTopics(harness.Kafka);
        var application = await harness.StartAsync(
            b => b.Stream<string, string>("in").To("out"), o => o.ClusterCheckInterval = TimeSpan.FromHours(1), clients: topics);
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        var looks = 0;
        topics.Topic = topic =>
            topic.Name == "in" && Interlocked.Increment(ref looks) <= 3 ? topic with { PartitionCount = 2 } : topic;

        harness.Kafka.AddPartitions("in", 4);
        Send(harness, "in", 0);

        await AppHarness.Until(() => harness.Values("out").Count == 4, "records of all partitions");
        Assert.True(looks > 3, $"{looks} looks");
    }

    /// <summary>Of several topics of one sub-topology the group balances one: of another's partitions it says nothing.</summary>
    [Theory]
    [InlineData(3, 1, 2, "not leading, then too")]
    [InlineData(2, 2, 3, "leads by its name, then the other one does")]
    [InlineData(1, 2, 4, "leading, then too")]
    public async Task Added_partitions_of_one_of_several_topics_are_read(int a, int b, int grown, string what)
    {
        await using var harness = new AppHarness(("a", a), ("b", b), ("out", 1));
        void Merge(StreamsBuilder builder) =>
            builder.Stream<string, string>("a").Merge(builder.Stream<string, string>("b")).To("out");
        var one = await StartAsync(harness, Merge, ProcessingGuarantee.ExactlyOnce, threads: 2);
        var other = await StartAsync(harness, Merge, ProcessingGuarantee.ExactlyOnce, clientId: "other");
        Send(harness, "a", 0);
        Send(harness, "b", 0);
        await AppHarness.Until(() => harness.Values("out").Count == a + b, "the first records " + what);

        harness.Kafka.AddPartitions("b", grown);
        for (var wave = 1; wave < 20; wave++)
        {
            Send(harness, "a", wave);
            Send(harness, "b", wave);
            await Task.Yield();
        }

        var all = Sent(harness, "a").Concat(Sent(harness, "b")).Order().ToList();
        await AppHarness.Until(() => harness.Values("out").Count >= all.Count, $"records of all partitions {what}");
        await one.StopAsync();
        await other.StopAsync();

        Assert.Equal(all, harness.Values("out").Order());
    }

    [Fact]
    public async Task State_ends_at_once_with_the_message_that_a_start_has()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var application = await StartAsync(harness, CountingApplication.Build, ProcessingGuarantee.ExactlyOnce, threads: 2);
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        harness.Kafka.AddPartitions("in", 4);
        harness.Send("in", 3, "late", "v");
        await AppHarness.Until(() => application.State == StreamsState.Error, "the application ends");

        var error = Assert.IsType<TopologyException>(application.Status.Error);
        Assert.Contains("'app-counts-changelog' has 2 partitions, the topology needs 4", error.Message, StringComparison.Ordinal);
        Assert.Contains("PartitionCount", error.Message, StringComparison.Ordinal);
        var restart = await Assert.ThrowsAsync<TopologyException>(
            () => harness.StartAsync(CountingApplication.Build));
        Assert.Equal(restart.Message, error.Message);
        Assert.DoesNotContain("late", CountingApplication.Results(harness).Keys);
    }

    [Fact]
    public async Task State_behind_a_repartition_topic_ends_with_the_message_that_a_start_has()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        void Build(StreamsBuilder builder) => builder.Stream<string, string>("in").SelectKey((_, v) => v).GroupByKey()
            .Count(new() { Name = "counts" }).ToStream().MapValues(v => $"{v}").To("out");
        var application = await StartAsync(harness, Build, ProcessingGuarantee.AtLeastOnce);
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");

        harness.Kafka.AddPartitions("in", 4);
        await AppHarness.Until(() => application.State == StreamsState.Error, "the application ends");

        var restart = await Assert.ThrowsAsync<TopologyException>(() => harness.StartAsync(Build));
        Assert.Equal(restart.Message, application.Status.Error!.Message);
        Assert.Contains("repartition", restart.Message, StringComparison.Ordinal);
    }

    /// <summary>The way to grow on purpose.</summary>
    [Fact]
    public async Task State_behind_a_repartition_topic_of_a_fixed_count_goes_on_exactly()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        void Build(StreamsBuilder builder) => builder.Stream<string, string>("in")
            .Repartition(new() { PartitionCount = 2 }).GroupByKey()
            .Count(new() { Name = "counts" }).ToStream().MapValues(v => $"{v}").To("out");
        var application = await StartAsync(harness, Build, ProcessingGuarantee.ExactlyOnce, threads: 2);
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        harness.Kafka.AddPartitions("in", 4);
        CountingApplication.SendWave(harness, 2);
        await CountingApplication.UntilAllAreOut(harness);
        await application.StopAsync();

        CountingApplication.AssertExact(harness);
    }

    [Fact]
    public async Task A_join_whose_other_topic_does_not_grow_ends_with_both_counts()
    {
        await using var harness = new AppHarness(("in", 2), ("rows", 2), ("out", 2));
        void Build(StreamsBuilder builder) => builder.Stream<string, string>("in")
            .Join(builder.Table<string, string>("rows"), (v, row) => v + row).To("out");
        var application = await StartAsync(harness, Build, ProcessingGuarantee.AtLeastOnce);
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");

        // The group may not balance this one at all.
        harness.Kafka.AddPartitions("rows", 3);
        await AppHarness.Until(() => application.State == StreamsState.Error, "the application ends");

        Assert.Contains("'in' 2, 'rows' 3", application.Status.Error!.Message, StringComparison.Ordinal);
    }

    private static Task<StreamsApplication> StartAsync(
        AppHarness harness, Action<StreamsBuilder> topology, ProcessingGuarantee guarantee, int threads = 1, string clientId = "") =>
        harness.StartAsync(topology, o =>
        {
            o.ProcessingGuarantee = guarantee;
            o.CacheMaxBytes = 0;
            o.NumStreamThreads = threads;
            o.ClientId = clientId;
            o.ClusterCheckInterval = Often;
        });

    private static void Send(AppHarness harness, string topic, int wave)
    {
        for (var partition = 0; partition < harness.Kafka.PartitionCount(topic); partition++)
        {
            harness.Send(topic, partition, "k", $"{topic}-{partition}-{wave}");
        }
    }

    private static IEnumerable<string> Sent(AppHarness harness, string topic) => harness.Values(topic).Order();
}
