using System.Collections.Concurrent;
using System.Reflection;
using StreamFlow.Clients;

namespace StreamFlow.Tests.Runtime;

/// <summary>Where the engine tells its consumer to begin.</summary>
public sealed class StartOffsetsTests
{
    private static readonly TopicPartition Input = new("in", 0);

    /// <summary>
    /// A client that is told to find the beginning by its own policy may do so again when records were read; at the end of
    /// the log that skips what came meanwhile.
    /// </summary>
    [Theory]
    [InlineData(OffsetReset.Latest, PartitionOffset.End)]
    [InlineData(OffsetReset.Earliest, PartitionOffset.Stored)]
    public async Task What_begins_at_its_end_is_told_so_until_a_position_is_committed(OffsetReset policy, long expected)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var watch = new Watch(harness.Kafka);
        var first = await StartAsync();
        Assert.Equal(expected, watch.Starts.Single(s => s.Partition == Input).Offset);

        harness.Send("in", 0, "k", "v");
        await AppHarness.Until(() => harness.Kafka.CommittedOffsets("app").GetValueOrDefault(Input).Offset == 1, "the commit");
        await first.StopAsync();
        watch.Starts.Clear();
        await StartAsync();
        Assert.Equal(PartitionOffset.Stored, watch.Starts.Single(s => s.Partition == Input).Offset);

        async Task<StreamsApplication> StartAsync()
        {
            var application = await harness.StartAsync(
                CountingApplication.Build, o => o.DefaultOffsetReset = policy, clients: watch);
            await AppHarness.Until(() => application.State == StreamsState.Running, "running");
            return application;
        }
    }

    public static TheoryData<string, OffsetResetPolicy, string[]> Policies => new()
    {
        { "earliest", OffsetResetPolicy.Earliest, ["0", "1", "2", "3"] },
        { "latest", OffsetResetPolicy.Latest, ["3"] },
        { "by_duration:PT1H", OffsetResetPolicy.ByDuration(TimeSpan.FromHours(1)), ["1", "2", "3"] },
        { "by_duration:PT30M", OffsetResetPolicy.ByDuration(TimeSpan.FromMinutes(30)), ["2", "3"] },
        { "by_duration:PT0S", OffsetResetPolicy.ByDuration(TimeSpan.Zero), ["3"] },
        { "by_duration:P40000D", OffsetResetPolicy.ByDuration(TimeSpan.FromDays(40000)), ["0", "1", "2", "3"] },
    };

    /// <summary>Records two hours, almost one hour and almost half an hour old, and one that comes later.</summary>
    [Theory]
    [MemberData(nameof(Policies))]
    public async Task Source_begins_where_its_policy_says_and_goes_on_where_it_was(string text, OffsetResetPolicy policy, string[] expected)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        Assert.Equal(text, policy.ToString());
        var now = harness.Kafka.Time.GetUtcNow();
        foreach (var (value, minutes) in new[] { ("0", 120), ("1", 59), ("2", 29) })
        {
            harness.Send("in", 0, "k", value, now.AddMinutes(-minutes).ToUnixTimeMilliseconds());
        }

        var first = await StartAsync();
        harness.Send("in", 0, "k", "3", now.ToUnixTimeMilliseconds());
        await harness.UntilWithTime(() => harness.Values("out").Contains("3"), "the last record", TimeSpan.FromMilliseconds(1));
        await first.StopAsync();
        await StartAsync();
        harness.Send("in", 0, "k", "4", now.ToUnixTimeMilliseconds());
        await harness.UntilWithTime(() => harness.Values("out").Contains("4"), "the record of the second run", TimeSpan.FromMilliseconds(1));

        Assert.Equal([.. expected, "4"], harness.Values("out"));

        async Task<StreamsApplication> StartAsync()
        {
            var application = await harness.StartAsync(
                b => b.Stream<string, string>("in", new() { OffsetReset = policy }).To("out"),
                services: new StreamsServices { Time = harness.Kafka.Time });
            await harness.UntilWithTime(() => application.State == StreamsState.Running, "running", TimeSpan.FromMilliseconds(1));
            return application;
        }
    }

    [Fact]
    public async Task Source_without_a_policy_fails_where_nothing_is_committed_and_goes_on_where_something_is()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "k", "0");
        void Build(StreamsBuilder b) => b.Stream<string, string>("in", new() { OffsetReset = OffsetResetPolicy.None }).To("out");

        var failed = await harness.StartAsync(Build, o => o.ThreadFailureHandler = _ => ThreadFailureResponse.ShutdownClient);
        await AppHarness.Until(() => failed.State == StreamsState.Error, "it ends");
        Assert.Contains("no committed offset of in-0", failed.Status.Error!.ToString(), StringComparison.Ordinal);
        Assert.Empty(harness.Values("out"));

        using (var consumer = harness.Kafka.CreateConsumer(new ConsumerRole("set", "app", null, false, "earliest")))
        {
            consumer.Commit([new PartitionOffset(new TopicPartition("in", 0), 0)]);
        }

        await harness.StartAsync(Build);
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the record");
    }

    [Fact]
    public void Negative_duration_is_refused_and_two_policies_of_one_topic_are()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => OffsetResetPolicy.ByDuration(TimeSpan.FromMilliseconds(-1)));
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in", new() { OffsetReset = OffsetResetPolicy.Earliest });

        Assert.Contains("different offset resets", Assert.Throws<TopologyException>(() => builder.Stream<string, string>(
            "in", new() { OffsetReset = OffsetResetPolicy.ByDuration(TimeSpan.FromMilliseconds(5)) })).Message, StringComparison.Ordinal);
        Assert.Equal(OffsetResetPolicy.Earliest, (OffsetResetPolicy)OffsetReset.Earliest);
        Assert.NotEqual(OffsetResetPolicy.ByDuration(TimeSpan.Zero), OffsetResetPolicy.Earliest);
    }

    private sealed class Watch(IKafkaClients inner) : IKafkaClients
    {
        public ConcurrentQueue<PartitionOffset> Starts { get; } = [];

        public IKafkaConsumer CreateConsumer(ConsumerRole role)
        {
            var proxy = DispatchProxy.Create<IKafkaConsumer, Consumer>();
            (((Consumer)(object)proxy).Inner, ((Consumer)(object)proxy).Owner) = (inner.CreateConsumer(role), this);
            return proxy;
        }

        public IKafkaProducer CreateProducer(ProducerRole role) => inner.CreateProducer(role);

        public IKafkaAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);
    }

#pragma warning disable CA1852 // DispatchProxy derives from it.
    private class Consumer : DispatchProxy
#pragma warning restore CA1852
    {
        internal IKafkaConsumer Inner { get; set; } = null!;

        internal Watch Owner { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(IKafkaConsumer.Subscribe))
            {
                args![2] = new Listener((IRebalanceListener)args[2]!, Owner);
            }

            return targetMethod.Invoke(Inner, BindingFlags.DoNotWrapExceptions, null, args, null);
        }
    }

    private sealed class Listener(IRebalanceListener inner, Watch owner) : IRebalanceListener
    {
        public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders)
        {
            var starts = inner.OnAssigned(leaders);
            foreach (var start in starts)
            {
                owner.Starts.Enqueue(start);
            }

            return starts;
        }

        public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders) => inner.OnRevoked(leaders);

        public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders) => inner.OnLost(leaders);
    }
}
