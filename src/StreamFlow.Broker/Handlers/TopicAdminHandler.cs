using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Creates, grows, trims and deletes topics.</summary>
internal sealed class TopicAdminHandler(
    TopicStore store, int nodeId, int defaultPartitions, bool acceptAnyReplicationFactor)
{
    private const int UseDefault = -1;

    /// <summary>First version of DeleteTopics that names topics by their ids.</summary>
    private const short TopicIdsFrom = 6;

    public CreateTopicsResponse Create(CreateTopicsRequest request)
    {
        HashSet<string> twice = [.. request.Topics.GroupBy(static x => x.Name).Where(static x => x.Skip(1).Any())
            .Select(static x => x.Key)];
        return new CreateTopicsResponse
        {
            Topics =
            [
                .. request.Topics.Select(topic => twice.Contains(topic.Name)
                    ? NotCreated(topic.Name, ErrorCode.InvalidRequest, $"Topic '{topic.Name}' is listed more than once.")
                    : Create(topic, request.ValidateOnly)),
            ],
        };
    }

    public DeleteTopicsResponse Delete(DeleteTopicsRequest request, short version) => new()
    {
        Responses = version < TopicIdsFrom
            ? [.. request.TopicNames.Select(static name => new DeleteTopicsRequestTopics { Name = name }).Select(Delete)]
            : [.. request.Topics.Select(Delete)],
    };

    public CreatePartitionsResponse AddPartitions(CreatePartitionsRequest request) =>
        new() { Results = [.. request.Topics.Select(topic => AddPartitions(topic, request.ValidateOnly))] };

    public DeleteRecordsResponse DeleteRecords(DeleteRecordsRequest request) => new()
    {
        Topics =
        [
            .. request.Topics.Select(topic => new DeleteRecordsResponseTopics
            {
                Name = topic.Name,
                Partitions = [.. topic.Partitions.Select(partition => DeleteRecords(topic.Name, partition))],
            }),
        ],
    };

    public OffsetForLeaderEpochResponse OffsetForLeaderEpoch(OffsetForLeaderEpochRequest request) => new()
    {
        Topics =
        [
            .. request.Topics.Select(topic => new OffsetForLeaderEpochResponseTopics
            {
                Topic = topic.Topic,
                Partitions = [.. topic.Partitions.Select(x => FindEpoch(store.GetPartition(topic.Topic, x.Partition), x))],
            }),
        ],
    };

    private static TopicResult InternalTopic(string name) =>
        TopicResult.Failed(ErrorCode.InvalidTopic, $"'{name}' is a topic of the broker's own; clients only read it.");

    private static OffsetForLeaderEpochResponsePartitions FindEpoch(
        PartitionLog? log, OffsetForLeaderEpochRequestPartitions partition)
    {
        if (log is null)
        {
            return NoEpoch(partition, ErrorCode.UnknownTopicOrPartition);
        }

        ErrorCode error = LeaderEpochs.Check(partition.CurrentLeaderEpoch, log);
        if (error != ErrorCode.None)
        {
            return NoEpoch(partition, error);
        }

        (int epoch, long endOffset) = log.EndOffsetForEpoch(partition.LeaderEpoch);
        return new OffsetForLeaderEpochResponsePartitions
        {
            Partition = partition.Partition,
            LeaderEpoch = epoch,
            EndOffset = endOffset,
        };
    }

    private static OffsetForLeaderEpochResponsePartitions NoEpoch(
        OffsetForLeaderEpochRequestPartitions partition, ErrorCode error) =>
        new() { ErrorCode = error, Partition = partition.Partition };

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
            Configs = result.IsSuccess
                ?
                [
                    .. TopicConfigs.Describe(configs, store.TopicDefaults).Select(static x => new CreateTopicsResponseConfigs
                    {
                        Name = x.Definition.Name,
                        Value = x.Value,
                        ConfigSource = x.IsTopicOverride ? DescribedConfig.TopicSource : DescribedConfig.DefaultSource,
                    }),
                ]
                : null,
        };
    }

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

    private DeleteTopicsResponseResponses Delete(DeleteTopicsRequestTopics wanted)
    {
        Topic? topic = wanted.Name is { } name ? store.GetTopic(name) : store.GetTopic(wanted.TopicId);
        if (topic is null)
        {
            ErrorCode unknown = wanted.Name is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            return new DeleteTopicsResponseResponses { Name = wanted.Name, TopicId = wanted.TopicId, ErrorCode = unknown };
        }

        TopicResult result = topic.IsInternal ? InternalTopic(topic.Name) : store.DeleteTopic(topic.Name);
        return new DeleteTopicsResponseResponses
        {
            Name = topic.Name,
            TopicId = topic.Id,
            ErrorCode = result.Error,
            ErrorMessage = result.Message,
        };
    }

    private CreatePartitionsResponseResults AddPartitions(CreatePartitionsRequestTopics topic, bool validateOnly)
    {
        if (topic.Assignments is { } assignments && !assignments.All(x => x.BrokerIds.Length == 1 && x.BrokerIds[0] == nodeId))
        {
            return new CreatePartitionsResponseResults
            {
                Name = topic.Name,
                ErrorCode = ErrorCode.InvalidReplicaAssignment,
                ErrorMessage = $"Partitions can only be assigned to broker {nodeId}.",
            };
        }

        TopicResult result = TopicNames.IsInternal(topic.Name)
            ? InternalTopic(topic.Name)
            : store.AddPartitions(topic.Name, topic.Count, validateOnly);
        return new CreatePartitionsResponseResults
        {
            Name = topic.Name,
            ErrorCode = result.Error,
            ErrorMessage = result.Message,
        };
    }

    private DeleteRecordsResponsePartitions DeleteRecords(string topic, DeleteRecordsRequestPartitions partition)
    {
        DeleteRecordsResponsePartitions answer = new() { PartitionIndex = partition.PartitionIndex, LowWatermark = -1 };
        if (store.GetPartition(topic, partition.PartitionIndex) is not { } log)
        {
            answer.ErrorCode = ErrorCode.UnknownTopicOrPartition;
            return answer;
        }

        if (TopicNames.IsInternal(topic))
        {
            answer.ErrorCode = ErrorCode.InvalidTopic;
            return answer;
        }

        answer.ErrorCode = log.DeleteRecordsBefore(partition.Offset, out long lowWatermark);
        answer.LowWatermark = lowWatermark;
        return answer;
    }
}
