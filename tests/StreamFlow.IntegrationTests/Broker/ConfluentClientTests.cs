using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamFlow.Broker;

namespace StreamFlow.IntegrationTests.Broker;

/// <summary>The embedded broker as Confluent.Kafka sees it: a recent librdkafka with its newest protocol versions.</summary>
public sealed class ConfluentClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private EmbeddedBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await EmbeddedBroker.StartAsync();

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Theory]
    [InlineData(CompressionType.None, false)]
    [InlineData(CompressionType.Gzip, false)]
    [InlineData(CompressionType.Snappy, false)]
    [InlineData(CompressionType.Lz4, false)]
    [InlineData(CompressionType.Zstd, false)]
    [InlineData(CompressionType.Lz4, true)]
    public async Task Consumer_reads_what_the_producer_wrote_in_order(CompressionType codec, bool idempotent)
    {
        const int Count = 5000;
        await CreateAsync("t", 1);
        await ProduceAsync("t", Count, new ProducerConfig { CompressionType = codec, EnableIdempotence = idempotent });
        using IConsumer<string, string> consumer = Consumer("g");
        consumer.Assign(new TopicPartitionOffset("t", 0, Offset.Beginning));
        for (int i = 0; i < Count; i++)
        {
            ConsumeResult<string, string> result = Next(consumer);
            Assert.Equal((i, Text(i), $"value {i}"), (result.Offset.Value, result.Message.Key, result.Message.Value));
            Assert.Equal(TimestampType.CreateTime, result.Message.Timestamp.Type);
            Assert.Equal([0xFF, 0x00], result.Message.Headers.GetLastBytes("raw"));
            Assert.Null(result.Message.Headers.GetLastBytes("null"));
        }
    }

    [Theory]
    [InlineData(PartitionAssignmentStrategy.Range)]
    [InlineData(PartitionAssignmentStrategy.CooperativeSticky)]
    public async Task Group_shares_partitions_and_continues_from_its_commits(PartitionAssignmentStrategy strategy)
    {
        await CreateAsync("t", 4);
        using IConsumer<string, string> first = Consumer("g", strategy);
        first.Subscribe("t");
        Until(() => first.Assignment.Count == 4, first);
        using IConsumer<string, string> second = Consumer("g", strategy);
        second.Subscribe("t");
        Until(() => first.Assignment.Count == 2 && second.Assignment.Count == 2, first, second);
        Assert.Equal(4, first.Assignment.Concat(second.Assignment).Distinct().Count());
        second.Close();
        Until(() => first.Assignment.Count == 4, first);

        await ProduceAsync("t", 100, new ProducerConfig());
        List<ConsumeResult<string, string>> read = [.. Enumerable.Range(0, 100).Select(_ => Next(first))];
        first.Commit(read.GroupBy(x => x.TopicPartition)
            .Select(x => new TopicPartitionOffset(x.Key, x.Max(y => y.Offset.Value) + 1)));
        first.Close();

        await ProduceAsync("t", 1, new ProducerConfig(), first: 1000);
        using IConsumer<string, string> third = Consumer("g", strategy);
        third.Subscribe("t");
        Assert.Equal(Text(1000), Next(third).Message.Key);
        third.Close();
    }

    [Fact]
    public async Task Admin_creates_changes_and_deletes_topics_groups_and_records()
    {
        using IAdminClient admin = Admin();
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = "t",
            NumPartitions = 2,
            ReplicationFactor = 1,
            Configs = new() { ["cleanup.policy"] = "compact,delete" },
        }]);
        CreateTopicsException twice = await Assert.ThrowsAsync<CreateTopicsException>(
            () => admin.CreateTopicsAsync([new TopicSpecification { Name = "t", NumPartitions = 2, ReplicationFactor = 1 }]));
        Assert.Equal(ErrorCode.TopicAlreadyExists, twice.Results[0].Error.Code);
        await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = "t", IncreaseTo = 3 }]);
        Assert.Equal(3, admin.GetMetadata("t", Deadline).Topics[0].Partitions.Count);

        ConfigResource resource = new() { Type = ResourceType.Topic, Name = "t" };
        await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [resource] = [new ConfigEntry { Name = "retention.ms", Value = "1000", IncrementalOperation = AlterConfigOpType.Set }],
        });
        DescribeConfigsResult configs = (await admin.DescribeConfigsAsync([resource]))[0];
        Assert.Equal("compact,delete", configs.Entries["cleanup.policy"].Value);
        Assert.Equal("1000", configs.Entries["retention.ms"].Value);
        Assert.Equal(_broker.Port, Assert.Single((await admin.DescribeClusterAsync()).Nodes).Port);

        await ProduceAsync("t", 10, new ProducerConfig(), partition: 0);
        List<DeleteRecordsResult> deleted = await admin.DeleteRecordsAsync([new TopicPartitionOffset("t", 0, 4)]);
        Assert.Equal(4, deleted[0].Offset.Value);
        using (IConsumer<string, string> consumer = Consumer("g"))
        {
            WatermarkOffsets range = consumer.QueryWatermarkOffsets(new Confluent.Kafka.TopicPartition("t", 0), Deadline);
            Assert.Equal((4L, 10L), (range.Low.Value, range.High.Value));
            consumer.Subscribe("t");
            Assert.Equal(4, Next(consumer).Offset.Value);
            consumer.Commit();
            DescribeConsumerGroupsResult described = await admin.DescribeConsumerGroupsAsync(["g"]);
            Assert.Equal(ConsumerGroupState.Stable, described.ConsumerGroupDescriptions[0].State);
            Assert.Single(described.ConsumerGroupDescriptions[0].Members);
            consumer.Close();
        }

        Assert.Contains((await admin.ListConsumerGroupsAsync()).Valid, x => x.GroupId == "g");
        await admin.DeleteGroupsAsync(["g"]);
        Assert.Empty((await admin.ListConsumerGroupsAsync()).Valid);
        await admin.DeleteTopicsAsync(["t"]);
        Assert.DoesNotContain(admin.GetMetadata(Deadline).Topics, x => x.Topic == "t");
    }

    [Fact]
    public async Task Clients_go_on_after_a_restart_of_the_broker()
    {
        string directory = Directory.CreateTempSubdirectory("streamflow-restart-").FullName;
        EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { DataDirectory = directory, Topics = [new BrokerTopic("r")] });
        try
        {
            using IProducer<string, string> producer = new ProducerBuilder<string, string>(new ProducerConfig
            {
                BootstrapServers = broker.BootstrapServers,
                EnableIdempotence = true,
                ReconnectBackoffMaxMs = 200,
            }).Build();
            using IConsumer<string, string> consumer = Consumer("g", bootstrapServers: broker.BootstrapServers);
            consumer.Subscribe("r");
            await producer.ProduceAsync("r", new Message<string, string> { Key = "before", Value = "" });
            Assert.Equal("before", Next(consumer).Message.Key);
            consumer.Commit();

            int port = broker.Port;
            await broker.DisposeAsync();
            broker = await EmbeddedBroker.StartAsync(
                new EmbeddedBrokerOptions { DataDirectory = directory, Port = port });
            await producer.ProduceAsync("r", new Message<string, string> { Key = "after", Value = "" });
            ConsumeResult<string, string> result = Next(consumer);
            Assert.Equal(("after", 1L), (result.Message.Key, result.Offset.Value));
            consumer.Close();
        }
        finally
        {
            await broker.DisposeAsync();
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static ConsumeResult<string, string> Next(IConsumer<string, string> consumer)
    {
        using CancellationTokenSource deadline = new(Deadline);
        return consumer.Consume(deadline.Token);
    }

    private static void Until(Func<bool> condition, params IConsumer<string, string>[] consumers)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, "The rebalance did not come to its end.");
            foreach (IConsumer<string, string> consumer in consumers)
            {
                Assert.Null(consumer.Consume(TimeSpan.FromMilliseconds(20)));
            }
        }
    }

    private IAdminClient Admin() =>
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _broker.BootstrapServers }).Build();

    private async Task CreateAsync(string topic, int partitions)
    {
        using IAdminClient admin = Admin();
        await admin.CreateTopicsAsync(
            [new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1 }]);
    }

    private IConsumer<string, string> Consumer(
        string group,
        PartitionAssignmentStrategy strategy = PartitionAssignmentStrategy.Range,
        string? bootstrapServers = null) =>
        new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers ?? _broker.BootstrapServers,
            GroupId = group,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            PartitionAssignmentStrategy = strategy,
            SessionTimeoutMs = 6000,
            HeartbeatIntervalMs = 200,
            CheckCrcs = true,
            EnableAutoCommit = false,
            ReconnectBackoffMaxMs = 200,
        }).Build();

    private async Task ProduceAsync(
        string topic, int count, ProducerConfig config, int first = 0, int? partition = null)
    {
        config.BootstrapServers = _broker.BootstrapServers;
        config.LingerMs = 2;
        using IProducer<string, string> producer = new ProducerBuilder<string, string>(config).Build();
        Confluent.Kafka.TopicPartition target = new(topic, partition is { } number ? new Partition(number) : Partition.Any);
        List<Task<DeliveryResult<string, string>>> sent = [];
        for (int i = first; i < first + count; i++)
        {
            sent.Add(producer.ProduceAsync(target, new Message<string, string>
            {
                Key = Text(i),
                Value = $"value {i}",
                Headers = new Confluent.Kafka.Headers { { "raw", [0xFF, 0x00] }, { "null", null } },
            }));
        }

        await Task.WhenAll(sent);
    }
}
