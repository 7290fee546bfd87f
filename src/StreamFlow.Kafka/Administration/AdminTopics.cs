using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamFlow.Clients;
using TopicDescription = StreamFlow.Clients.TopicDescription;

namespace StreamFlow.Kafka.Administration;

/// <summary>Topics as the engine and as the admin client have them.</summary>
internal static class AdminTopics
{
    public static TopicSpecification Specification(NewTopic topic) => new()
    {
        Name = topic.Name,
        NumPartitions = topic.PartitionCount,
        ReplicationFactor = topic.ReplicationFactor,
        Configs = topic.Configs.ToDictionary(c => c.Key, c => c.Value, StringComparer.Ordinal),
    };

    /// <summary>The id as text; empty when the broker tells none.</summary>
    public static string IdOf(Uuid? id) =>
        id is null || (id.MostSignificantBits.Value == 0 && id.LeastSignificantBits.Value == 0) ? string.Empty : id.ToString();

    /// <summary>One that was there already must be the same.</summary>
    public static void ThrowIfOtherPartitionCount(
        IReadOnlyCollection<NewTopic> topics, IReadOnlyDictionary<string, TopicDescription> found)
    {
        foreach (var topic in topics)
        {
            var count = found[topic.Name].PartitionCount;
            if (topic.PartitionCount > 0 && count != topic.PartitionCount)
            {
                throw new KafkaClientException(
                    $"Topic '{topic.Name}' exists with {count} partitions, but {topic.PartitionCount} are needed. "
                    + "Delete it if nothing in it is needed any more, or go back to the topology it was made for.",
                    KafkaErrorKind.Fatal);
            }
        }
    }
}
