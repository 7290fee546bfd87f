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
