using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace OrderCounts;

/// <summary>Sees to it that the topics of the sample exist.</summary>
internal static class Topics
{
    /// <summary>Whether a broker can be reached within ten seconds. Waiting any longer is the worker's own job, once it runs.</summary>
    public static bool Answers(string bootstrapServers)
    {
        using var admin = Admin(bootstrapServers);
        try
        {
            return admin.GetMetadata(TimeSpan.FromSeconds(10)).Brokers.Count > 0;
        }
        catch (KafkaException exception) when (!exception.Error.IsFatal)
        {
            return false;
        }
    }

    /// <summary>One line of ours says it better than the client's own log, which repeats each attempt.</summary>
    private static IAdminClient Admin(string bootstrapServers) =>
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).SetLogHandler((_, _) => { }).Build();

    /// <summary>Creates what is missing.</summary>
    /// <returns>Number of partitions of <c>order-counts</c>.</returns>
    public static async Task<int> EnsureAsync(string bootstrapServers, int partitions)
    {
        using var admin = Admin(bootstrapServers);
        try
        {
            // Event time is the generator's, not the clock's: the topics must not drop "old" records by it.
            var configs = new Dictionary<string, string> { ["retention.ms"] = "-1" };
            await admin.CreateTopicsAsync(
            [
                new TopicSpecification { Name = Pipeline.Orders, NumPartitions = partitions, ReplicationFactor = -1, Configs = configs },
                new TopicSpecification { Name = Pipeline.OrderCounts, NumPartitions = partitions, ReplicationFactor = -1, Configs = configs },
            ]);
        }
        catch (CreateTopicsException exception) when (exception.Results.All(
            r => r.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists))
        {
            // They were there already, perhaps with another number of partitions.
        }

        var metadata = admin.GetMetadata(Pipeline.OrderCounts, TimeSpan.FromSeconds(20));
        return metadata.Topics[0].Partitions.Count;
    }

    /// <summary>Orders on the topic that the application has not processed yet.</summary>
    public static long Waiting(string bootstrapServers, string applicationId)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(
            new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = applicationId })
            .SetLogHandler((_, _) => { })
            .Build();
        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        var partitions = admin.GetMetadata(Pipeline.Orders, TimeSpan.FromSeconds(20)).Topics[0].Partitions
            .Select(p => new TopicPartition(Pipeline.Orders, p.PartitionId)).ToList();
        return consumer.Committed(partitions, TimeSpan.FromSeconds(20)).Sum(committed =>
        {
            var ends = consumer.QueryWatermarkOffsets(committed.TopicPartition, TimeSpan.FromSeconds(20));
            return ends.High.Value - Math.Max(ends.Low.Value, committed.Offset.IsSpecial ? 0 : committed.Offset.Value);
        });
    }
}
