namespace StreamFlow.Broker.Storage;

/// <summary>What a topic must be like to be created.</summary>
internal static class NewTopics
{
    /// <summary>Success without a topic, or why it cannot be created beside those that there are.</summary>
    public static TopicResult Check(
        string name, int partitions, IReadOnlyDictionary<string, string> configs, TopicTable existing)
    {
        if (TopicNames.Problem(name) is { } nameProblem)
        {
            return TopicResult.Failed(ErrorCode.InvalidTopic, nameProblem);
        }

        if (existing.Find(name) is not null)
        {
            return TopicResult.Failed(ErrorCode.TopicAlreadyExists, $"Topic '{name}' already exists.");
        }

        if (existing.FindTwin(name) is { } twin)
        {
            return TopicResult.Failed(
                ErrorCode.InvalidTopic,
                $"Topic '{name}' collides with '{twin.Name}': names must differ in more than '.' and '_'.");
        }

        if (partitions is < 1 or > TopicStore.MaxPartitionsPerTopic)
        {
            return TopicResult.Failed(
                ErrorCode.InvalidPartitions,
                $"Topic '{name}' asks for {partitions} partitions; use 1 to {TopicStore.MaxPartitionsPerTopic}.");
        }

        return TopicConfigs.Problem(configs) is { } problem
            ? TopicResult.Failed(ErrorCode.InvalidConfig, problem)
            : TopicResult.Ok(null);
    }
}
