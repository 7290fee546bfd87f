using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Client.Admin;

/// <summary>Where a group is in a partition.</summary>
internal readonly record struct CommittedOffset(long Offset, string? Metadata);

/// <summary>Offsets that groups have committed.</summary>
internal static class GroupOffsets
{
    /// <summary>The committed offsets of a group, of some partitions or with null of all that it has.</summary>
    public static async Task<Dictionary<TopicPartition, CommittedOffset>> CommittedAsync(
        this Cluster cluster, string group, IReadOnlyCollection<TopicPartition>? partitions, CancellationToken ct)
    {
        if (partitions is { Count: 0 })
        {
            return [];
        }

        return await cluster.RetryAsync(
            async () =>
            {
                BrokerConnection coordinator = await cluster.CoordinatorAsync(group, isTransaction: false, ct).ConfigureAwait(false);
                OffsetFetchResponse response = await coordinator.SendAsync(Request(coordinator, group, partitions), ct).ConfigureAwait(false);
                return Read(response, group);
            },
            ct).ConfigureAwait(false);
    }

    /// <summary>Commits offsets, as a member or, without one, for a group that has none.</summary>
    /// <returns>The partitions that were refused.</returns>
    public static async Task<Dictionary<TopicPartition, ErrorCode>> CommitAsync(
        this Cluster cluster, string group, IReadOnlyDictionary<TopicPartition, long> offsets, CancellationToken ct, string memberId = "", int generation = -1) =>
        await cluster.RetryAsync(
            async () =>
            {
                BrokerConnection coordinator = await cluster.CoordinatorAsync(group, isTransaction: false, ct).ConfigureAwait(false);
                OffsetCommitResponse response = await coordinator.SendAsync(
                    new OffsetCommitRequest
                    {
                        GroupId = group,
                        MemberId = memberId,
                        GenerationIdOrMemberEpoch = generation,
                        Topics =
                        [
                            .. offsets.GroupBy(static o => o.Key.Topic).Select(static topic => new OffsetCommitRequestTopics
                            {
                                Name = topic.Key,
                                Partitions = [.. topic.Select(static o => new OffsetCommitRequestPartitions { PartitionIndex = o.Key.Partition, CommittedOffset = o.Value, CommittedMetadata = "" })],
                            }),
                        ],
                    },
                    ct).ConfigureAwait(false);
                return response.Topics.SelectMany(static t => t.Partitions.Select(p => (Partition: new TopicPartition(t.Name, p.PartitionIndex), p.ErrorCode)))
                    .Where(static p => p.ErrorCode != ErrorCode.None).ToDictionary(static p => p.Partition, static p => p.ErrorCode);
            },
            ct).ConfigureAwait(false);

    private static OffsetFetchRequest Request(BrokerConnection coordinator, string group, IReadOnlyCollection<TopicPartition>? partitions)
    {
        var topics = partitions?.GroupBy(static p => p.Topic).Select(static t => (t.Key, Indexes: t.Select(static p => p.Partition).ToArray())).ToList();
        return coordinator.VersionOf(ApiKey.OffsetFetch) >= 8
            ? new OffsetFetchRequest
            {
                Groups = [new() { GroupId = group, Topics = topics?.Select(static t => new OffsetFetchRequestGroupsTopics { Name = t.Key, PartitionIndexes = t.Indexes }).ToArray() }],
            }
            : new OffsetFetchRequest { GroupId = group, Topics = topics?.Select(static t => new OffsetFetchRequestTopics { Name = t.Key, PartitionIndexes = t.Indexes }).ToArray() };
    }

    private static Dictionary<TopicPartition, CommittedOffset> Read(OffsetFetchResponse response, string group)
    {
        Dictionary<TopicPartition, CommittedOffset> offsets = [];
        void Take(string topic, int partition, ErrorCode error, long offset, string? metadata)
        {
            Offsets.Throw(error, $"offset of group '{group}' in {topic}-{partition}");
            if (offset >= 0)
            {
                offsets[new TopicPartition(topic, partition)] = new CommittedOffset(offset, metadata);
            }
        }

        Offsets.Throw(response.ErrorCode, $"offsets of group '{group}'");
        foreach (OffsetFetchResponseTopics topic in response.Topics)
        {
            Array.ForEach(topic.Partitions, p => Take(topic.Name, p.PartitionIndex, p.ErrorCode, p.CommittedOffset, p.Metadata));
        }

        foreach (OffsetFetchResponseGroups each in response.Groups)
        {
            Offsets.Throw(each.ErrorCode, $"offsets of group '{group}'");
            foreach (OffsetFetchResponseGroupsTopics topic in each.Topics)
            {
                Array.ForEach(topic.Partitions, p => Take(topic.Name, p.PartitionIndex, p.ErrorCode, p.CommittedOffset, p.Metadata));
            }
        }

        return offsets;
    }
}
