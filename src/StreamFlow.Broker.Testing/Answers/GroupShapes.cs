using static StreamFlow.Broker.Testing.RequestShapes;

namespace StreamFlow.Broker.Testing;

/// <summary>Requests of the members of groups and about groups.</summary>
internal static class GroupShapes
{
    private const long Nowhere = -1;
    private const int Nobody = -1;

    public static IReadOnlyList<RequestShape> All { get; } =
    [
        RequestShape.Of<FindCoordinatorRequest>(BrokerApi.FindCoordinator, FindCoordinator),
        RequestShape.Of<JoinGroupRequest>(BrokerApi.JoinGroup, static (r, e, v) => new JoinGroupResponse
        {
            ErrorCode = e, MemberId = r.MemberId, ProtocolName = v >= 7 ? null : "",
        }),
        RequestShape.Flat<SyncGroupRequest>(BrokerApi.SyncGroup, static e => new SyncGroupResponse { ErrorCode = e }),
        RequestShape.Flat<HeartbeatRequest>(BrokerApi.Heartbeat, static e => new HeartbeatResponse { ErrorCode = e }),
        RequestShape.Of<LeaveGroupRequest>(BrokerApi.LeaveGroup, static (r, e, _) => LeaveGroup(r, e)),
        RequestShape.Flat<ConsumerGroupHeartbeatRequest>(
            BrokerApi.ConsumerGroupHeartbeat, static e => new ConsumerGroupHeartbeatResponse { ErrorCode = e }),
        RequestShape.Of<OffsetCommitRequest>(
            BrokerApi.OffsetCommit, static (r, e, _) => OffsetCommit(r, e), static r => r.Topics.Select(static t => new NamedTopic(t.Name, t.TopicId))),
        RequestShape.Of<OffsetFetchRequest>(BrokerApi.OffsetFetch, static (r, e, _) => OffsetFetch(r, e), static r => FetchedBy(r)),
        RequestShape.Of<OffsetDeleteRequest>(
            BrokerApi.OffsetDelete, static (r, e, _) => OffsetDelete(r, e), static r => Names(r.Topics.Select(static t => t.Name))),
        RequestShape.Of<DescribeGroupsRequest>(BrokerApi.DescribeGroups, static (r, e, _) => new DescribeGroupsResponse
        {
            Groups = Each(r.Groups, group => new DescribeGroupsResponseGroups { ErrorCode = e, GroupId = group }),
        }),
        RequestShape.Of<ConsumerGroupDescribeRequest>(BrokerApi.ConsumerGroupDescribe, static (r, e, _) => new ConsumerGroupDescribeResponse
        {
            Groups = Each(r.GroupIds, group => new ConsumerGroupDescribeResponseGroups { ErrorCode = e, GroupId = group }),
        }),
        RequestShape.Flat<ListGroupsRequest>(BrokerApi.ListGroups, static e => new ListGroupsResponse { ErrorCode = e }),
        RequestShape.Of<DeleteGroupsRequest>(BrokerApi.DeleteGroups, static (r, e, _) => new DeleteGroupsResponse
        {
            Results = Each(r.GroupsNames, group => new DeleteGroupsResponseResults { ErrorCode = e, GroupId = group }),
        }),
    ];

    private static FindCoordinatorResponse FindCoordinator(FindCoordinatorRequest request, ErrorCode error, short version) => version < 4
        ? new FindCoordinatorResponse { ErrorCode = error, NodeId = Nobody, Port = Nobody }
        : new FindCoordinatorResponse
        {
            Coordinators = Each(request.CoordinatorKeys, key => new FindCoordinatorResponseCoordinators
            {
                Key = key,
                NodeId = Nobody,
                Port = Nobody,
                ErrorCode = error,
            }),
        };

    private static LeaveGroupResponse LeaveGroup(LeaveGroupRequest request, ErrorCode error) => new()
    {
        ErrorCode = error,
        Members = Each(request.Members, member => new LeaveGroupResponseMembers
        {
            MemberId = member.MemberId,
            GroupInstanceId = member.GroupInstanceId,
            ErrorCode = error,
        }),
    };

    private static OffsetCommitResponse OffsetCommit(OffsetCommitRequest request, ErrorCode error) => new()
    {
        Topics = Each(request.Topics, topic => new OffsetCommitResponseTopics
        {
            Name = topic.Name,
            TopicId = topic.TopicId,
            Partitions = Each(topic.Partitions, partition => new OffsetCommitResponsePartitions
            {
                PartitionIndex = partition.PartitionIndex,
                ErrorCode = error,
            }),
        }),
    };

    private static IEnumerable<NamedTopic> FetchedBy(OffsetFetchRequest request) =>
        Names((request.Topics ?? []).Select(static topic => topic.Name))
            .Concat(request.Groups.SelectMany(static group => group.Topics ?? []).Select(static topic => new NamedTopic(topic.Name, topic.TopicId)));

    private static OffsetFetchResponse OffsetFetch(OffsetFetchRequest request, ErrorCode error) => new()
    {
        ErrorCode = error,
        Topics = Each(request.Topics, topic => new OffsetFetchResponseTopics
        {
            Name = topic.Name,
            Partitions = Each(topic.PartitionIndexes, partition => new OffsetFetchResponsePartitions
            {
                PartitionIndex = partition,
                CommittedOffset = Nowhere,
                Metadata = "",
                ErrorCode = error,
            }),
        }),
        Groups = Each(request.Groups, group => new OffsetFetchResponseGroups
        {
            GroupId = group.GroupId,
            ErrorCode = error,
            Topics = Each(group.Topics, topic => new OffsetFetchResponseGroupsTopics
            {
                Name = topic.Name,
                TopicId = topic.TopicId,
                Partitions = Each(topic.PartitionIndexes, partition => new OffsetFetchResponseGroupsTopicsPartitions
                {
                    PartitionIndex = partition,
                    CommittedOffset = Nowhere,
                    Metadata = "",
                    ErrorCode = error,
                }),
            }),
        }),
    };

    private static OffsetDeleteResponse OffsetDelete(OffsetDeleteRequest request, ErrorCode error) => new()
    {
        ErrorCode = error,
        Topics = Each(request.Topics, topic => new OffsetDeleteResponseTopics
        {
            Name = topic.Name,
            Partitions = Each(topic.Partitions, partition => new OffsetDeleteResponsePartitions
            {
                PartitionIndex = partition.PartitionIndex,
                ErrorCode = error,
            }),
        }),
    };
}
