using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Committed offsets of groups.</summary>
internal sealed class OffsetsHandler(GroupCoordinator groups)
{
    /// <summary>First version of OffsetFetch that asks for several groups.</summary>
    private const short GroupsFrom = 8;

    /// <summary>First version of OffsetFetch with an error for the whole group.</summary>
    private const short GroupErrorFrom = 2;

    public async ValueTask<IResponse?> CommitAsync(OffsetCommitRequest request, RequestContext context)
    {
        bool mine = context.MayGroup(AclOperation.Read, request.GroupId);
        ILookup<bool, OffsetCommitRequestTopics> allowed = request.Topics.ToLookup(
            topic => mine && context.MayTopic(AclOperation.Read, topic.Name));
        ErrorCode refusal = mine ? ErrorCode.TopicAuthorizationFailed : ErrorCode.GroupAuthorizationFailed;
        IEnumerable<OffsetCommitResponseTopics> refused = allowed[false].Select(topic => Refused(topic, refusal));
        OffsetCommitRequestTopics[] topics = [.. allowed[true]];
        if (topics.Length == 0 && (request.Topics.Length > 0 || !mine))
        {
            return new OffsetCommitResponse { Topics = [.. refused] };
        }

        ErrorCode[] errors = await groups.CommitOffsetsAsync(new CommitCommand
        {
            GroupId = request.GroupId,
            GenerationId = request.GenerationIdOrMemberEpoch,
            MemberId = request.MemberId,
            InstanceId = request.GroupInstanceId,
            Offsets = Flatten(topics),
        }).ConfigureAwait(false);
        OffsetCommitResponseTopics[] results = new OffsetCommitResponseTopics[topics.Length];
        int at = 0;
        for (int i = 0; i < results.Length; i++)
        {
            OffsetCommitRequestTopics topic = topics[i];
            OffsetCommitResponsePartitions[] partitions = new OffsetCommitResponsePartitions[topic.Partitions.Length];
            for (int j = 0; j < partitions.Length; j++)
            {
                partitions[j] = new OffsetCommitResponsePartitions
                {
                    PartitionIndex = topic.Partitions[j].PartitionIndex,
                    ErrorCode = errors[at++],
                };
            }

            results[i] = new OffsetCommitResponseTopics { Name = topic.Name, Partitions = partitions };
        }

        return new OffsetCommitResponse { Topics = [.. results, .. refused] };
    }

    public OffsetFetchResponse Fetch(OffsetFetchRequest request, RequestContext context)
    {
        short version = context.Version;
        if (version >= GroupsFrom)
        {
            return new OffsetFetchResponse
            {
                Groups = [.. request.Groups.Select(group => Fetch(group, request.RequireStable, context))],
            };
        }

        OffsetFetchRequestGroups asked = new()
        {
            GroupId = request.GroupId,
            Topics = request.Topics is null ? null :
            [
                .. request.Topics.Select(static x =>
                    new OffsetFetchRequestGroupsTopics { Name = x.Name, PartitionIndexes = x.PartitionIndexes }),
            ],
        };
        OffsetFetchResponseGroups found = Fetch(asked, request.RequireStable, context);

        // Version 1 has no place for an error of the whole group: each partition carries it.
        ErrorCode forAll = version < GroupErrorFrom ? found.ErrorCode : ErrorCode.None;
        return new OffsetFetchResponse
        {
            ErrorCode = found.ErrorCode,
            Topics =
            [
                .. found.Topics.Select(topic => new OffsetFetchResponseTopics
                {
                    Name = topic.Name,
                    Partitions = [.. topic.Partitions.Select(partition => OfOneGroup(partition, forAll))],
                }),
            ],
        };
    }

    public async ValueTask<IResponse?> DeleteAsync(OffsetDeleteRequest request, RequestContext context)
    {
        if (!context.MayGroup(AclOperation.Delete, request.GroupId))
        {
            return new OffsetDeleteResponse { ErrorCode = ErrorCode.GroupAuthorizationFailed };
        }

        ILookup<bool, OffsetDeleteRequestTopics> allowed = request.Topics.ToLookup(topic => context.MayTopic(AclOperation.Read, topic.Name));
        OffsetKey[] keys =
        [
            .. allowed[true].SelectMany(static topic =>
                topic.Partitions.Select(partition => new OffsetKey(topic.Name, partition.PartitionIndex))),
        ];
        OffsetDeleteResult result = await groups.DeleteOffsetsAsync(request.GroupId, keys).ConfigureAwait(false);
        if (result.Error != ErrorCode.None)
        {
            return new OffsetDeleteResponse { ErrorCode = result.Error };
        }

        return new OffsetDeleteResponse
        {
            Topics =
            [
                .. keys.Zip(result.PartitionErrors).GroupBy(static x => x.First.Topic).Select(static topic =>
                    new OffsetDeleteResponseTopics
                    {
                        Name = topic.Key,
                        Partitions =
                        [
                            .. topic.Select(static x => new OffsetDeleteResponsePartitions
                            {
                                PartitionIndex = x.First.Partition,
                                ErrorCode = x.Second,
                            }),
                        ],
                    }),
                .. allowed[false].Select(static topic => new OffsetDeleteResponseTopics
                {
                    Name = topic.Name,
                    Partitions =
                    [
                        .. topic.Partitions.Select(static x => new OffsetDeleteResponsePartitions
                        {
                            PartitionIndex = x.PartitionIndex,
                            ErrorCode = ErrorCode.TopicAuthorizationFailed,
                        }),
                    ],
                }),
            ],
        };
    }

    private static OffsetCommitResponseTopics Refused(OffsetCommitRequestTopics topic, ErrorCode error) => new()
    {
        Name = topic.Name,
        Partitions =
        [
            .. topic.Partitions.Select(x => new OffsetCommitResponsePartitions
            {
                PartitionIndex = x.PartitionIndex,
                ErrorCode = error,
            }),
        ],
    };

    private static List<OffsetToCommit> Flatten(OffsetCommitRequestTopics[] topics)
    {
        List<OffsetToCommit> offsets = [];
        foreach (OffsetCommitRequestTopics topic in topics)
        {
            foreach (OffsetCommitRequestPartitions partition in topic.Partitions)
            {
                offsets.Add(new OffsetToCommit(
                    new OffsetKey(topic.Name, partition.PartitionIndex),
                    partition.CommittedOffset,
                    partition.CommittedLeaderEpoch,
                    partition.CommittedMetadata));
            }
        }

        return offsets;
    }

    private static OffsetFetchResponsePartitions OfOneGroup(
        in OffsetFetchResponseGroupsTopicsPartitions partition, ErrorCode forAll) => new()
    {
        PartitionIndex = partition.PartitionIndex,
        CommittedOffset = partition.CommittedOffset,
        CommittedLeaderEpoch = partition.CommittedLeaderEpoch,
        Metadata = partition.Metadata,
        ErrorCode = forAll == ErrorCode.None ? partition.ErrorCode : forAll,
    };

    private OffsetFetchResponseGroups Fetch(OffsetFetchRequestGroups group, bool requireStable, RequestContext context)
    {
        if (!context.MayGroup(AclOperation.Describe, group.GroupId))
        {
            return new OffsetFetchResponseGroups
            {
                GroupId = group.GroupId,
                ErrorCode = ErrorCode.GroupAuthorizationFailed,
                Topics = Failed(group.Topics ?? [], ErrorCode.GroupAuthorizationFailed),
            };
        }

        ILookup<bool, OffsetFetchRequestGroupsTopics>? allowed =
            group.Topics?.ToLookup(topic => context.MayTopic(AclOperation.Describe, topic.Name));
        List<OffsetKey>? keys = allowed is null ? null : [.. allowed[true].SelectMany(
            static topic => topic.PartitionIndexes.Select(partition => new OffsetKey(topic.Name, partition)))];
        FetchOffsetsResult result = groups.FetchOffsets(group.GroupId, keys, requireStable);
        OffsetFetchResponseGroupsTopics[] topics = result.Error == ErrorCode.None
            ?
            [
                .. result.Offsets.GroupBy(static x => x.Key.Topic)
                    .Where(x => allowed is not null || context.MaySee(AclOperation.Describe, AclResourceType.Topic, x.Key))
                    .Select(static x => new OffsetFetchResponseGroupsTopics
                {
                    Name = x.Key,
                    Partitions =
                    [
                        .. x.Select(static offset => new OffsetFetchResponseGroupsTopicsPartitions
                        {
                            PartitionIndex = offset.Key.Partition,
                            CommittedOffset = offset.Offset,
                            CommittedLeaderEpoch = offset.LeaderEpoch,
                            Metadata = offset.Metadata,
                            ErrorCode = offset.Error,
                        }),
                    ],
                }),
            ]
            : Failed(allowed?[true] ?? [], result.Error);
        return new OffsetFetchResponseGroups
        {
            GroupId = group.GroupId,
            ErrorCode = result.Error,
            Topics = [.. topics, .. Failed(allowed?[false] ?? [], ErrorCode.TopicAuthorizationFailed)],
        };
    }

    /// <summary>Repeats the partitions asked for: old versions have no other place for the error.</summary>
    private static OffsetFetchResponseGroupsTopics[] Failed(IEnumerable<OffsetFetchRequestGroupsTopics> topics, ErrorCode error) =>
    [
        .. topics.Select(topic => new OffsetFetchResponseGroupsTopics
        {
            Name = topic.Name,
            Partitions =
            [
                .. topic.PartitionIndexes.Select(x => new OffsetFetchResponseGroupsTopicsPartitions
                {
                    PartitionIndex = x,
                    CommittedOffset = -1,
                    Metadata = "",
                    ErrorCode = error,
                }),
            ],
        }),
    ];
}
