using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

/// <summary>Topic administration of an in-memory cluster; answers at once.</summary>
internal sealed class InMemoryAdmin(MemoryCluster cluster, string clientId) : IKafkaAdmin
{
    /// <summary>Kafka's defaults of the settings this cluster and the engine care about; it takes records of any time.</summary>
    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["cleanup.policy"] = "delete",
        ["retention.ms"] = "604800000",
        ["retention.bytes"] = "-1",
        ["segment.bytes"] = "1073741824",
        ["message.timestamp.type"] = "CreateTime",
        ["message.timestamp.after.max.ms"] = "9223372036854775807",
        ["message.timestamp.before.max.ms"] = "9223372036854775807",
        ["max.message.bytes"] = "1048588",
        ["min.insync.replicas"] = "1",
    };

    public Task<IReadOnlyCollection<string>> ListTopicsAsync(CancellationToken cancellationToken) =>
        CallAsync(
            ClientCall.DescribeTopics,
            () => (IReadOnlyCollection<string>)[.. cluster.Topics.Select(topic => topic.Name)],
            cancellationToken);

    public Task<IReadOnlyDictionary<string, TopicDescription>> DescribeTopicsAsync(
        IReadOnlyCollection<string> names, CancellationToken cancellationToken) =>
        CallAsync(ClientCall.DescribeTopics, () =>
        {
            IReadOnlyDictionary<string, TopicDescription> found = names
                .Select(cluster.FindTopic)
                .OfType<MemoryTopic>()
                .DistinctBy(topic => topic.Name)
                .ToDictionary(topic => topic.Name, topic => new TopicDescription(topic.Name, topic.Partitions.Count) { Id = topic.Id });
            return found;
        }, cancellationToken);

    public Task<IReadOnlyDictionary<string, string>> DescribeTopicConfigAsync(
        string name, CancellationToken cancellationToken) =>
        CallAsync(ClientCall.DescribeTopics, () =>
        {
            var configs = new Dictionary<string, string>(Defaults);
            foreach (var (key, value) in cluster.Topic(name).Configs)
            {
                configs[key] = value;
            }

            return (IReadOnlyDictionary<string, string>)configs;
        }, cancellationToken);

    public Task AlterTopicConfigAsync(
        string name, IReadOnlyDictionary<string, string> configs, CancellationToken cancellationToken) =>
        CallAsync(ClientCall.AlterConfigs, () =>
        {
            cluster.Topic(name).Alter(configs);
            return true;
        }, cancellationToken);

    public Task<GroupDescription> DescribeGroupAsync(string groupId, CancellationToken cancellationToken) =>
        CallAsync(ClientCall.DescribeGroup, () =>
        {
            var group = cluster.Group(groupId);
            return new GroupDescription(
                group.State == GroupState.Stable,
                [.. group.Members.Select(m => new GroupMemberDescription(m.Id, m.MarkedClientId, "in-memory", m.Assigned))]);
        }, cancellationToken);

    public Task CreateTopicsAsync(IReadOnlyCollection<NewTopic> topics, CancellationToken cancellationToken) =>
        CallAsync(ClientCall.CreateTopics, () =>
        {
            foreach (var topic in topics)
            {
                var count = topic.PartitionCount == -1 ? cluster.Options.DefaultPartitions : topic.PartitionCount;
                if (count < 1)
                {
                    throw new KafkaClientException(
                        $"INVALID_PARTITIONS: topic '{topic.Name}' was to have {count} partitions.",
                        KafkaErrorKind.Fatal);
                }

                cluster.CreateTopic(topic.Name, count, topic.Configs);
            }

            return true;
        }, cancellationToken);

    public Task DeleteRecordsAsync(
        IReadOnlyCollection<PartitionOffset> offsets, CancellationToken cancellationToken) =>
        CallAsync(ClientCall.DeleteRecords, () =>
        {
            foreach (var offset in offsets)
            {
                var log = cluster.Log(offset.Partition);
                if (offset.Offset > log.HighWatermark)
                {
                    throw new KafkaClientException(
                        $"OFFSET_OUT_OF_RANGE: {offset.Partition} ends at {log.HighWatermark}, "
                        + $"records before {offset.Offset} cannot be deleted.", KafkaErrorKind.Fatal);
                }

                log.DeleteBefore(offset.Offset == PartitionOffset.End ? log.HighWatermark : offset.Offset);
            }

            return true;
        }, cancellationToken);

    public void Dispose()
    {
        // Holds nothing: the interface demands it for clients that own native handles.
    }

    private Task<T> CallAsync<T>(ClientCall call, Func<T> effect, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            return Task.FromResult(cluster.Call(call, clientId, cluster.Options.RequestTimeout, effect));
        }
        catch (KafkaClientException error)
        {
            return Task.FromException<T>(error);
        }
    }
}
