using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamFlow.Samples;

/// <summary>Sees to it that the topics of a sample exist.</summary>
internal static class SampleTopics
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Whether a broker can be reached within ten seconds.</summary>
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

    /// <summary>Creates what is missing, with the replication factor that the cluster has by default.</summary>
    public static async Task EnsureAsync(string bootstrapServers, IEnumerable<SampleTopic> topics)
    {
        using var admin = Admin(bootstrapServers);
        try
        {
            await admin.CreateTopicsAsync(topics.Select(t => new TopicSpecification
            {
                Name = t.Name, NumPartitions = t.Partitions, ReplicationFactor = -1, Configs = t.Configs,
            }));
        }
        catch (CreateTopicsException exception) when (exception.Results.All(
            r => r.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists))
        {
            // They were there already, perhaps with another number of partitions.
        }
    }

    /// <summary>The partitions of a topic, which may have been made a moment ago.</summary>
    /// <exception cref="InvalidOperationException">There is no such topic.</exception>
    public static IEnumerable<int> Partitions(string bootstrapServers, string topic)
    {
        using var admin = Admin(bootstrapServers);
        for (var attempt = 1; ; attempt++)
        {
            var found = admin.GetMetadata(topic, Patience).Topics[0];
            if (found.Error.Code == ErrorCode.NoError && found.Partitions.Count > 0)
            {
                return [.. found.Partitions.Select(p => p.PartitionId)];
            }

            if (attempt == 50)
            {
                throw new InvalidOperationException($"The books read the topic '{topic}', which is not there: {found.Error.Reason}.");
            }

            Thread.Sleep(100);
        }
    }

    /// <summary>One line of ours says it better than the client's own log, which repeats each attempt.</summary>
    private static IAdminClient Admin(string bootstrapServers) =>
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).SetLogHandler((_, _) => { }).Build();
}
