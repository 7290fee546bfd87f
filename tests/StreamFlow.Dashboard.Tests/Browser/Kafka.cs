using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>What another client says of the broker: neither StreamFlow's engine nor its page has a part in it.</summary>
internal sealed class Kafka(string bootstrapServers) : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly IAdminClient _admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).Build();
    private readonly IConsumer<byte[]?, byte[]?> _consumer = new ConsumerBuilder<byte[]?, byte[]?>(
        new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = "witness", EnablePartitionEof = true, EnableAutoCommit = false }).Build();

    /// <summary>First and next offset of each partition.</summary>
    public IReadOnlyList<WatermarkOffsets> Ends(string topic) =>
        [.. _admin.GetMetadata(topic, Deadline).Topics.Single().Partitions.OrderBy(p => p.PartitionId)
            .Select(p => _consumer.QueryWatermarkOffsets(new(topic, p.PartitionId), Deadline))];

    public long Count(string topic) => Ends(topic).Sum(end => end.High.Value - end.Low.Value);

    /// <summary>All records of a topic, partition by partition.</summary>
    public IReadOnlyList<ConsumeResult<byte[]?, byte[]?>> Read(string topic)
    {
        var partitions = Ends(topic).Count;
        _consumer.Assign(Enumerable.Range(0, partitions).Select(p => new Confluent.Kafka.TopicPartitionOffset(topic, p, Offset.Beginning)));
        var records = new List<ConsumeResult<byte[]?, byte[]?>>();
        for (var open = partitions; open > 0;)
        {
            var result = _consumer.Consume(Deadline) ?? throw new TimeoutException($"No record of '{topic}' within {Deadline}");
            open -= result.IsPartitionEOF ? 1 : 0;
            if (!result.IsPartitionEOF)
            {
                records.Add(result);
            }
        }

        return records;
    }

    /// <summary>What a group has committed, by topic and partition.</summary>
    public async Task<IReadOnlyDictionary<Confluent.Kafka.TopicPartition, long>> CommittedAsync(string group)
    {
        var answer = await _admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, null)]);
        return answer.Single().Partitions.ToDictionary(p => p.TopicPartition, p => p.Offset.Value);
    }

    public void Dispose()
    {
        _consumer.Close();
        _consumer.Dispose();
        _admin.Dispose();
    }
}
