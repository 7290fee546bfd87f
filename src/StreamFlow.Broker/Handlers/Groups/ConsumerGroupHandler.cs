using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Groups of the consumer protocol (KIP-848): their members' heartbeats, and how administrators see them.</summary>
internal sealed class ConsumerGroupHandler(GroupCoordinator groups)
{
    private const sbyte ClassicMember = 0;
    private const sbyte ConsumerMember = 1;

    /// <summary>From this version on members choose their id themselves.</summary>
    private const short FirstVersionOfOwnIds = 1;

    public async ValueTask<IResponse?> HeartbeatAsync(ConsumerGroupHeartbeatRequest request, RequestContext context)
    {
        if (Refusal(request, context) is var refusal and not ErrorCode.None)
        {
            return new ConsumerGroupHeartbeatResponse { ErrorCode = refusal, ErrorMessage = null };
        }

        bool needsId = context.Version < FirstVersionOfOwnIds && request.MemberId.Length == 0
            && request.MemberEpoch == ConsumerHeartbeatCommand.Joining;
        ConsumerHeartbeatResult result = await groups.HeartbeatAsync(new ConsumerHeartbeatCommand
        {
            GroupId = request.GroupId,
            MemberId = needsId ? MemberIds.New() : request.MemberId,
            MemberEpoch = request.MemberEpoch,
            InstanceId = request.InstanceId,
            RackId = request.RackId,
            RebalanceTimeoutMs = request.RebalanceTimeoutMs,
            TopicNames = request.SubscribedTopicNames,
            TopicPattern = request.SubscribedTopicRegex,
            MaySee = context.IsOpen ? null : topic => context.MaySee(AclOperation.Describe, AclResourceType.Topic, topic),
            ServerAssignor = request.ServerAssignor,
            Owned = request.TopicPartitions is { } owned ? Flatten(owned) : null,
            ClientId = context.ClientId,
            ClientHost = context.Connection.ClientHost,
        }).ConfigureAwait(false);
        return Answer(result);
    }

    public ConsumerGroupDescribeResponse Describe(ConsumerGroupDescribeRequest request, RequestContext context) => new()
    {
        Groups =
        [
            .. request.GroupIds.Distinct().Select(id => context.MayGroup(AclOperation.Describe, id)
                ? Show(groups.DescribeConsumers(id), request.IncludeAuthorizedOperations, context)
                : new ConsumerGroupDescribeResponseGroups
                {
                    ErrorCode = ErrorCode.GroupAuthorizationFailed, ErrorMessage = null, GroupId = id,
                }),
        ],
    };

    /// <summary>Why somebody may not be a member; none when they may.</summary>
    private static ErrorCode Refusal(ConsumerGroupHeartbeatRequest request, RequestContext context) =>
        !context.MayGroup(AclOperation.Read, request.GroupId) ? ErrorCode.GroupAuthorizationFailed
        : (request.SubscribedTopicNames ?? []).All(topic => context.MayTopic(AclOperation.Describe, topic)) ? ErrorCode.None
        : ErrorCode.TopicAuthorizationFailed;

    private static ConsumerGroupHeartbeatResponse Answer(ConsumerHeartbeatResult result) => new()
    {
        ErrorCode = result.Error,
        ErrorMessage = result.Message,
        MemberId = result.MemberId,
        MemberEpoch = result.MemberEpoch,
        HeartbeatIntervalMs = result.HeartbeatIntervalMs,
        Assignment = result.Assignment is null ? null : new ConsumerGroupHeartbeatResponseAssignment
        {
            TopicPartitions =
            [
                .. result.Assignment.GroupBy(static x => x.TopicId, static x => x.Partition).Select(static topic =>
                    new ConsumerGroupHeartbeatResponseTopicPartitions { TopicId = topic.Key, Partitions = [.. topic.Order()] }),
            ],
        },
    };

    private static HashSet<TopicIdPartition> Flatten(ConsumerGroupHeartbeatRequestTopicPartitions[] topics) =>
    [
        .. topics.SelectMany(static topic => topic.Partitions.Select(partition => new TopicIdPartition(topic.TopicId, partition))),
    ];

    /// <summary>A group, unless its members read topics that whoever asks must not see: Kafka refuses the whole group then.</summary>
    private static ConsumerGroupDescribeResponseGroups Show(
        ConsumerGroupDescription group, bool withOperations, RequestContext context) =>
        group.Members.SelectMany(static member => member.Metadata.TopicNames.Concat(member.Assigned.Concat(member.Target).Select(static x => x.Topic.Name)))
            .Distinct().Any(topic => !context.MaySee(AclOperation.Describe, AclResourceType.Topic, topic))
        ? new ConsumerGroupDescribeResponseGroups
        {
            ErrorCode = ErrorCode.TopicAuthorizationFailed,
            ErrorMessage = "The group has described topic(s) that the client is not authorized to describe.",
            GroupId = group.GroupId,
        }
        : Show(group) with
        {
            AuthorizedOperations = withOperations && group.Error == ErrorCode.None
                ? AuthorizedOperations.OfGroup(group.GroupId, context)
                : AuthorizedOperations.NotAsked,
        };

    private static ConsumerGroupDescribeResponseGroups Show(ConsumerGroupDescription group) => new()
    {
        ErrorCode = group.Error,
        ErrorMessage = group.Message,
        GroupId = group.GroupId,
        GroupState = group.State?.ToString() ?? "",
        GroupEpoch = group.GroupEpoch,
        AssignmentEpoch = group.TargetEpoch,
        AssignorName = group.AssignorName,
        Members =
        [
            .. group.Members.Select(static member => new ConsumerGroupDescribeResponseMembers
            {
                MemberId = member.MemberId,
                InstanceId = member.Metadata.InstanceId,
                RackId = member.Metadata.RackId,
                MemberEpoch = member.MemberEpoch,
                ClientId = member.Metadata.ClientId,
                ClientHost = member.Metadata.ClientHost,
                SubscribedTopicNames = [.. member.Metadata.TopicNames],
                SubscribedTopicRegex = member.Metadata.TopicPattern,
                Assignment = Show(member.Assigned),
                TargetAssignment = Show(member.Target),
                MemberType = member.Metadata.Classic is null ? ConsumerMember : ClassicMember,
            }),
        ],
    };

    private static ConsumerGroupDescribeResponseAssignment Show(IEnumerable<(TopicInfo Topic, int[] Partitions)> topics) => new()
    {
        TopicPartitions =
        [
            .. topics.Select(static x => new ConsumerGroupDescribeResponseTopicPartitions
            {
                TopicId = x.Topic.Id, TopicName = x.Topic.Name, Partitions = x.Partitions,
            }),
        ],
    };
}
