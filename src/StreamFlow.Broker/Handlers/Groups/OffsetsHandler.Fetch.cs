using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <content>The offsets that groups have committed.</content>
internal sealed partial class OffsetsHandler
{
    /// <summary>First version of OffsetFetch that asks for several groups.</summary>
    private const short GroupsFrom = 8;

    /// <summary>First version of OffsetFetch with an error for the whole group.</summary>
    private const short GroupErrorFrom = 2;

    public OffsetFetchResponse Fetch(OffsetFetchRequest request, RequestContext context)
    {
        short version = context.Version;
        if (version >= GroupsFrom)
        {
            return new OffsetFetchResponse
            {
                Groups = [.. request.Groups.DistinctBy(static x => x.GroupId).Select(group => Fetch(group, request.RequireStable, context))],
            };
        }

        OffsetFetchRequestGroups asked = new()
        {
            GroupId = request.GroupId,
            MemberEpoch = -1,
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

        bool hasIds = context.Version >= TopicIdsFrom;
        ILookup<ErrorCode, (OffsetFetchRequestGroupsTopics Topic, string? Name)>? asked = group.Topics?
            .Select(topic => (Topic: topic, Name: hasIds ? groups.Topics.Find(topic.TopicId)?.Name : topic.Name))
            .ToLookup(x => x.Name is null ? ErrorCode.UnknownTopicId
                : context.MayTopic(AclOperation.Describe, x.Name) ? ErrorCode.None : ErrorCode.TopicAuthorizationFailed);
        FetchOffsetsResult result = groups.FetchOffsets(new FetchOffsetsCommand
        {
            GroupId = group.GroupId,
            MemberId = group.MemberId,
            MemberEpoch = group.MemberEpoch,
            Partitions = asked is null ? null : [.. asked[ErrorCode.None].SelectMany(
                static x => x.Topic.PartitionIndexes.Select(partition => new OffsetKey(x.Name!, partition)))],
            RequireStable = requireStable,
        });
        OffsetFetchResponseGroupsTopics[] Refused(ErrorCode error) => Failed(asked?[error].Select(static x => x.Topic) ?? [], error);
        OffsetFetchResponseGroupsTopics[] topics = result.Error == ErrorCode.None
            ? [.. Found(result.Offsets, hasIds, asked is null ? context : null)]
            : Failed(context.Version < GroupErrorFrom ? group.Topics ?? [] : [], result.Error);
        return new OffsetFetchResponseGroups
        {
            GroupId = group.GroupId,
            ErrorCode = result.Error,
            Topics = [.. topics, .. Refused(ErrorCode.UnknownTopicId), .. Refused(ErrorCode.TopicAuthorizationFailed)],
        };
    }

    /// <param name="offsets">What was found.</param>
    /// <param name="hasIds">Whether topics are named by their ids.</param>
    /// <param name="hiding">Who must not see all topics; null where it was asked for each that there is.</param>
    private IEnumerable<OffsetFetchResponseGroupsTopics> Found(
        IReadOnlyList<FetchedOffset> offsets, bool hasIds, RequestContext? hiding) =>
        from offset in offsets
        group offset by offset.Key.Topic into topic
        let id = hasIds ? groups.Topics.Find(topic.Key)?.Id : default(Guid)
        where id is not null && (hiding is not { } context || context.MaySee(AclOperation.Describe, AclResourceType.Topic, topic.Key))
        select new OffsetFetchResponseGroupsTopics
        {
            Name = hasIds ? "" : topic.Key,
            TopicId = id.Value,
            Partitions =
            [
                .. topic.Select(static offset => new OffsetFetchResponseGroupsTopicsPartitions
                {
                    PartitionIndex = offset.Key.Partition,
                    CommittedOffset = offset.Offset,
                    CommittedLeaderEpoch = offset.LeaderEpoch,
                    Metadata = offset.Metadata,
                    ErrorCode = offset.Error,
                }),
            ],
        };

    /// <summary>Repeats the partitions asked for with an error: the oldest versions have no other place for that of a group.</summary>
    private static OffsetFetchResponseGroupsTopics[] Failed(IEnumerable<OffsetFetchRequestGroupsTopics> topics, ErrorCode error) =>
    [
        .. topics.Select(topic => new OffsetFetchResponseGroupsTopics
        {
            Name = topic.Name,
            TopicId = topic.TopicId,
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
