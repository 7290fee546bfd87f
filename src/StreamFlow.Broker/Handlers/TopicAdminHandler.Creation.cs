using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <content>One topic that is to be created.</content>
internal sealed partial class TopicAdminHandler
{
    private const string Excessive = "Excessively large number of partitions per request.";

    /// <summary>The partitions that are asked for; nonsense is one, and is refused later.</summary>
    private static long Asked(CreateTopicsRequestTopics topic) =>
        topic.Assignments.Length > 0 ? topic.Assignments.Length : Math.Max(1, topic.NumPartitions);

    private static CreateTopicsResponseTopics NotCreated(string name, ErrorCode error, string? message) =>
        new() { Name = name, ErrorCode = error, ErrorMessage = message, Configs = null };

    private CreateTopicsResponseTopics Create(CreateTopicsRequestTopics topic, bool validateOnly)
    {
        (ErrorCode error, string? message, int partitions) = CountPartitions(topic);
        if (error != ErrorCode.None)
        {
            return NotCreated(topic.Name, error, message);
        }

        Dictionary<string, string> configs = new(StringComparer.Ordinal);
        foreach (CreateTopicsRequestConfigs entry in topic.Configs)
        {
            // Null means "the default" here, as in Kafka.
            if (entry.Value is not null)
            {
                configs[entry.Name] = entry.Value;
            }
        }

        TopicResult result = TopicNames.IsInternal(topic.Name)
            ? InternalTopic(topic.Name)
            : store.CreateTopic(topic.Name, partitions, configs, validateOnly);
        return new CreateTopicsResponseTopics
        {
            Name = topic.Name,
            ErrorCode = result.Error,
            ErrorMessage = result.Message,
            TopicId = result.Topic?.Id ?? Guid.Empty,
            NumPartitions = result.IsSuccess ? partitions : -1,
            ReplicationFactor = result.IsSuccess ? (short)1 : (short)-1,
            Configs = result.IsSuccess ? Shown(configs) : null,
        };
    }

    private CreateTopicsResponseConfigs[] Shown(Dictionary<string, string> configs) =>
    [
        .. TopicConfigs.All.Select(definition => settings.Of(definition, configs, ConfigSource.Topic))
            .Select(static config => new CreateTopicsResponseConfigs
            {
                Name = config.Definition.Name,
                Value = config.Value,
                ConfigSource = (sbyte)config.Source,
            }),
    ];

    private (ErrorCode Error, string? Message, int Partitions) CountPartitions(CreateTopicsRequestTopics topic)
    {
        if (topic.Assignments.Length > 0)
        {
            return CountAssigned(topic);
        }

        bool oneReplica = topic.ReplicationFactor is UseDefault or 1;
        if (!oneReplica && !(acceptAnyReplicationFactor && topic.ReplicationFactor > 0))
        {
            return (
                ErrorCode.InvalidReplicationFactor,
                $"Topic '{topic.Name}' asks for {topic.ReplicationFactor} replicas; this broker is alone, ask for 1.",
                0);
        }

        return (ErrorCode.None, null, topic.NumPartitions == UseDefault ? defaultPartitions : topic.NumPartitions);
    }

    private (ErrorCode Error, string? Message, int Partitions) CountAssigned(CreateTopicsRequestTopics topic)
    {
        if (topic.NumPartitions != UseDefault || topic.ReplicationFactor != UseDefault)
        {
            return (
                ErrorCode.InvalidRequest,
                $"Topic '{topic.Name}' has both an assignment and a number of partitions or replicas; give one of them.",
                0);
        }

        bool complete = topic.Assignments.Select(static x => x.PartitionIndex).Order()
            .SequenceEqual(Enumerable.Range(0, topic.Assignments.Length));
        bool here = topic.Assignments.All(x => x.BrokerIds.Length == 1 && x.BrokerIds[0] == nodeId);
        return complete && here
            ? (ErrorCode.None, null, topic.Assignments.Length)
            : (ErrorCode.InvalidReplicaAssignment,
                $"The assignment of '{topic.Name}' must give partitions 0 to {topic.Assignments.Length - 1} to broker {nodeId}.",
                0);
    }
}
