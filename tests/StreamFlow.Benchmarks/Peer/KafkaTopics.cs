using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamFlow.Benchmarks.Peer;

/// <summary>Questions to the broker about topics and groups, asked with Confluent's clients: a witness of its own.</summary>
internal sealed class KafkaTopics : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private readonly string _bootstrap;
    private readonly IAdminClient _admin;
    private readonly IConsumer<byte[], byte[]> _group;

    public KafkaTopics(string bootstrap, string group)
    {
        _bootstrap = bootstrap;
        _admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrap }).Build();
        _group = new ConsumerBuilder<byte[], byte[]>(
            new ConsumerConfig { BootstrapServers = bootstrap, GroupId = group, EnableAutoCommit = false }).Build();
    }

    public IReadOnlyList<Confluent.Kafka.TopicPartition> Partitions(string topic) =>
        [.. _admin.GetMetadata(topic, Timeout).Topics[0].Partitions
            .Select(p => new Confluent.Kafka.TopicPartition(topic, p.PartitionId))];

    public IReadOnlyList<string> Named(string prefix, string suffix = "") =>
        [.. _admin.GetMetadata(Timeout).Topics.Select(t => t.Topic)
            .Where(t => t.StartsWith(prefix, StringComparison.Ordinal) && t.EndsWith(suffix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    public Dictionary<Confluent.Kafka.TopicPartition, long> Ends(IEnumerable<string> topics) =>
        topics.SelectMany(Partitions)
            .ToDictionary(p => p, p => _group.QueryWatermarkOffsets(p, Timeout).High.Value);

    /// <summary>Whether the group has committed all of these offsets, but for so many at most.</summary>
    public bool IsCommitted(Dictionary<Confluent.Kafka.TopicPartition, long> ends, long tolerance) =>
        _group.Committed(ends.Keys.Where(p => ends[p] > 0), Timeout)
            .TrueForAll(o => o.Offset.Value >= ends[o.TopicPartition] - tolerance);

    /// <summary>Creates a topic and waits until the broker knows it.</summary>
    public async Task CreateAsync(string topic, int partitions, string cleanup = "delete")
    {
        await _admin.CreateTopicsAsync(
        [
            new TopicSpecification
            {
                Name = topic,
                NumPartitions = partitions,
                ReplicationFactor = 1,
                Configs = new() { ["retention.ms"] = "-1", ["cleanup.policy"] = cleanup },
            },
        ]);
        while (Named(topic).Count == 0)
        {
            await Task.Delay(10);
        }
    }

    public Task DeleteAsync(IReadOnlyList<string> topics) =>
        topics.Count == 0 ? Task.CompletedTask : _admin.DeleteTopicsAsync(topics);

    /// <summary>Reads topics from the beginning to their present end, committed records only.</summary>
    /// <returns>Number of records.</returns>
    public long Read(IReadOnlyList<string> topics, Action<byte[]?, byte[]?> each)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = _bootstrap,
            GroupId = "benchmark-reader",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted,
        }).Build();
        var open = topics.SelectMany(Partitions).ToHashSet();
        consumer.Assign(open.Select(p => new TopicPartitionOffset(p, Offset.Beginning)));
        var count = 0L;
        while (open.Count > 0)
        {
            var result = consumer.Consume(Timeout)
                ?? throw new TimeoutException($"Nothing came from {string.Join(", ", open)} for {Timeout}.");
            if (result.IsPartitionEOF)
            {
                open.Remove(result.TopicPartition);
            }
            else
            {
                count++;
                each(result.Message.Key, result.Message.Value);
            }
        }

        return count;
    }

    public void Dispose()
    {
        _group.Dispose();
        _admin.Dispose();
    }
}
