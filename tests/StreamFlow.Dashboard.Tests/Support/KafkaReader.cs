using Confluent.Kafka;

namespace StreamFlow.Dashboard.Tests.Support;

/// <summary>What a client of somebody else's finds on the broker.</summary>
internal static class KafkaReader
{
    /// <summary>All records of a topic, from the beginning to the end as it is now.</summary>
    public static IReadOnlyList<ConsumeResult<byte[], byte[]>> ReadAll(string bootstrapServers, string topic, int partitions)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = "tests",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
        }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        var (found, ends) = (new List<ConsumeResult<byte[], byte[]>>(), 0);
        while (ends < partitions)
        {
            var result = consumer.Consume(PageHost.Deadline) ?? throw new TimeoutException($"Topic {topic} has no end.");
            if (result.IsPartitionEOF)
            {
                ends++;
            }
            else
            {
                found.Add(result);
            }
        }

        return found;
    }

    /// <summary>Records that the group has not committed yet, over some topics.</summary>
    public static long LagOf(string bootstrapServers, string group, params (string Topic, int Partitions)[] topics)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(
            new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = group }).Build();
        return (
            from topic in topics
            from partition in Enumerable.Range(0, topic.Partitions)
            let of = new Confluent.Kafka.TopicPartition(topic.Topic, partition)
            let committed = consumer.Committed([of], PageHost.Deadline)[0].Offset
            let ends = consumer.QueryWatermarkOffsets(of, PageHost.Deadline)
            select ends.High.Value - (committed == Offset.Unset ? ends.Low.Value : committed.Value)).Sum();
    }
}
