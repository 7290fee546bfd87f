using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker;

/// <summary>What must be right about the topics that a broker is to start with.</summary>
internal static class TopicChecks
{
    /// <summary>Looks at them before anything of the broker is there.</summary>
    /// <exception cref="ArgumentException">One cannot be created, whatever topics there are.</exception>
    public static void Check(IReadOnlyList<BrokerTopic> topics)
    {
        List<string> names = [];
        foreach (BrokerTopic topic in topics.Where(topic => !names.Contains(topic.Name)))
        {
            TopicResult result = NewTopics.Check(topic.Name, topic.Partitions, topic.Configs, names);
            if (!result.IsSuccess)
            {
                throw Refused(topic, result);
            }

            names.Add(topic.Name);
        }
    }

    /// <summary>What somebody is told whose topic cannot be created at the start.</summary>
    public static ArgumentException Refused(BrokerTopic topic, TopicResult result) =>
        new($"The topic '{topic.Name}' cannot be created: {result.Message}");
}
