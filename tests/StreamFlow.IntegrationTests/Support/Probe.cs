using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using ConfluentPartition = Confluent.Kafka.TopicPartition;

namespace StreamFlow.IntegrationTests.Support;

/// <summary>Looks at a Kafka from outside, with a client that shares nothing with the engine.</summary>
internal sealed class Probe(string bootstrapServers)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public Task CreateTopicsAsync(int partitions, params string[] names) => CreateTopicsWithAsync(partitions, [], names);

    public async Task CreateTopicsWithAsync(int partitions, Dictionary<string, string> configs, params string[] names)
    {
        using var admin = Admin();
        await admin.CreateTopicsAsync(names.Select(name => new TopicSpecification
        {
            Name = name,
            NumPartitions = partitions,
            ReplicationFactor = 1,
            Configs = new Dictionary<string, string>(configs.Concat([KeyValuePair.Create("retention.ms", "-1")]).DistinctBy(c => c.Key)),
        }));
        await Until.TrueAsync(() => names.All(n => Partitions(admin, n).Count == partitions), "the topics are there");
    }

    public async Task AddPartitionsAsync(string topic, int partitions)
    {
        using var admin = Admin();
        await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = partitions }]);
        await Until.TrueAsync(() => Partitions(admin, topic).Count == partitions, "the partitions are there");
    }

    public async Task DeleteTopicsAsync(params string[] names)
    {
        using var admin = Admin();
        await admin.DeleteTopicsAsync(names);
        await Until.TrueAsync(() => !Names(admin).Intersect(names).Any(), "the topics are gone");
    }

    public async Task DeleteAllTopicsAsync()
    {
        using var admin = Admin();
        var names = Names(admin).Where(n => !n.StartsWith("__", StringComparison.Ordinal)).ToArray();
        if (names.Length > 0)
        {
            await DeleteTopicsAsync(names);
        }
    }

    public IProducer<string?, byte[]?> Producer() => new ProducerBuilder<string?, byte[]?>(new ProducerConfig
    {
        BootstrapServers = bootstrapServers,
        EnableIdempotence = true,
        Partitioner = Partitioner.Murmur2Random,
        LingerMs = 5,
    }).Build();

    /// <summary>Sends records and waits until all are acknowledged.</summary>
    public void Produce(string topic, IEnumerable<Message<string?, byte[]?>> messages)
    {
        using var producer = Producer();
        Error? failure = null;
        foreach (var message in messages)
        {
            producer.Produce(topic, message, report => failure = report.Error.IsError ? report.Error : failure);
        }

        producer.Flush(Limit);
        Assert.Null(failure);
    }

    /// <summary>Sends one record to each partition and waits until all are acknowledged.</summary>
    public void ProduceToEach(string topic, int partitions, string value)
    {
        using var producer = Producer();
        Error? failure = null;
        for (var partition = 0; partition < partitions; partition++)
        {
            producer.Produce(
                new ConfluentPartition(topic, partition),
                new Message<string?, byte[]?> { Key = $"k{partition}", Value = Encoding.UTF8.GetBytes($"{value}-{partition}") },
                report => failure = report.Error.IsError ? report.Error : failure);
        }

        producer.Flush(Limit);
        Assert.Null(failure);
    }

    public void Produce(string topic, params (string Key, string Value, long Timestamp)[] records) =>
        Produce(topic, records.Select(r => new Message<string?, byte[]?>
        {
            Key = r.Key,
            Value = Encoding.UTF8.GetBytes(r.Value),
            Timestamp = new Timestamp(r.Timestamp, TimestampType.CreateTime),
        }));

    /// <summary>Everything on a topic now, partition after partition.</summary>
    public IReadOnlyList<ConsumeResult<byte[], byte[]>> ReadAll(string topic)
    {
        using var admin = Admin();
        var results = new List<ConsumeResult<byte[], byte[]>>();
        using var consumer = Consumer("probe");
        foreach (var partition in Partitions(admin, topic))
        {
            var end = consumer.QueryWatermarkOffsets(partition, Limit).High.Value;
            consumer.Assign(new TopicPartitionOffset(partition, Offset.Beginning));
            ReadTo(consumer, end, results);
        }

        return results;
    }

    /// <summary>A topic's configuration as it takes effect.</summary>
    public async Task<Dictionary<string, string>> ConfigsAsync(string topic)
    {
        using var admin = Admin();
        var found = await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = topic }]);
        return found[0].Entries.ToDictionary(e => e.Key, e => e.Value.Value);
    }

    /// <summary>Changes a topic's configuration.</summary>
    public async Task SetConfigAsync(string topic, string name, string value)
    {
        using var admin = Admin();
        await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [new ConfigResource { Type = ResourceType.Topic, Name = topic }] =
                [new ConfigEntry { Name = name, Value = value, IncrementalOperation = AlterConfigOpType.Set }],
        });
    }

    /// <summary>Offset of the first record of a topic's partition 0, and the one after its last.</summary>
    public (long Beginning, long End) Offsets(string topic)
    {
        using var consumer = Consumer("probe");
        var ends = consumer.QueryWatermarkOffsets(new ConfluentPartition(topic, 0), Limit);
        return (ends.Low.Value, ends.High.Value);
    }

    public int PartitionCount(string topic)
    {
        using var admin = Admin();
        return Partitions(admin, topic).Count;
    }

    /// <summary>Records of the topics that the group has not committed.</summary>
    public long Lag(string group, params string[] topics)
    {
        using var admin = Admin();
        using var consumer = Consumer(group);
        try
        {
            return consumer.Committed(topics.SelectMany(t => Partitions(admin, t)), Limit).Sum(c =>
            {
                var ends = consumer.QueryWatermarkOffsets(c.TopicPartition, Limit);
                return ends.High.Value - (c.Offset.Value >= 0 ? c.Offset.Value : ends.Low.Value);
            });
        }
        catch (KafkaException exception) when (exception.Error.Code is ErrorCode.NotCoordinatorForGroup or ErrorCode.GroupLoadInProgress)
        {
            // A new Apache Kafka is still making up its mind about who coordinates the group; who waits for no lag asks again.
            return long.MaxValue;
        }
    }

    /// <summary>How many partitions each member of the group has; nothing while nobody can tell.</summary>
    public async Task<IReadOnlyList<int>> MembersAsync(string group)
    {
        using var admin = Admin();
        try
        {
            var result = await admin.DescribeConsumerGroupsAsync([group]);
            return [.. result.ConsumerGroupDescriptions[0].Members.Select(m => m.Assignment.TopicPartitions.Count).Order()];
        }
        catch (DescribeConsumerGroupsException)
        {
            // Apache Kafka's coordinator is still loading the group; who waits for its members asks again.
            return [];
        }
    }

    private static void ReadTo(
        IConsumer<byte[], byte[]> consumer, long end, List<ConsumeResult<byte[], byte[]>> results)
    {
        for (long position = 0; position < end;)
        {
            var result = consumer.Consume(Limit) ?? throw new TimeoutException($"Nothing came within {Limit}.");
            position = result.Offset.Value + (result.IsPartitionEOF ? 0 : 1);
            if (result.IsPartitionEOF)
            {
                continue;
            }

            results.Add(result);
        }
    }

    private static List<string> Names(IAdminClient admin) =>
        [.. admin.GetMetadata(Limit).Topics.Where(t => !t.Error.IsError).Select(t => t.Topic)];

    private static List<ConfluentPartition> Partitions(IAdminClient admin, string topic) =>
        [.. admin.GetMetadata(topic, Limit).Topics.Single().Partitions.Select(p => new ConfluentPartition(topic, p.PartitionId))];

    private IAdminClient Admin() =>
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).Build();

    private IConsumer<byte[], byte[]> Consumer(string group) =>
        new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = group,
            EnableAutoCommit = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnablePartitionEof = true,
            FetchWaitMaxMs = 20,
        }).Build();
}
