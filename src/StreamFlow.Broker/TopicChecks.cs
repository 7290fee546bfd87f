using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker;

/// <summary>What must be right about the topics that a broker is to start with.</summary>
internal static class TopicChecks
{
    /// <summary>Looks at them before anything of the broker is there.</summary>
    /// <exception cref="ArgumentException">One cannot be created, whatever topics there are.</exception>
    public static void Check(IReadOnlyList<BrokerTopic> topics)
    {
        TopicTable none = new();
        foreach (BrokerTopic topic in topics)
        {
            TopicResult result = NewTopics.Check(topic.Name, topic.Partitions, topic.Configs, none);
            if (!result.IsSuccess)
            {
                throw Refused(topic, result);
            }
        }
    }

    /// <summary>What somebody is told whose topic cannot be created at the start.</summary>
    public static ArgumentException Refused(BrokerTopic topic, TopicResult result) =>
        new($"The topic '{topic.Name}' cannot be created: {result.Message}");
}
