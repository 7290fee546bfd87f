using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Groups as administrators see them, and where their coordinator is.</summary>
internal sealed class GroupAdminHandler(GroupCoordinator groups)
{
    /// <summary>First version of DescribeGroups that says that there is no such group; before, it is Dead.</summary>
    private const short NotFoundFrom = 6;

    private const sbyte GroupKey = 0;
    private const sbyte TransactionKey = 1;

    /// <summary>First version of FindCoordinator that asks for several.</summary>
    private const short CoordinatorsFrom = 4;

    public static FindCoordinatorResponse FindCoordinator(FindCoordinatorRequest request, RequestContext context)
    {
        if (context.Version >= CoordinatorsFrom)
        {
            return new FindCoordinatorResponse
            {
                Coordinators = [.. request.CoordinatorKeys.Distinct().Select(key => Coordinator(request.KeyType, key, context))],
            };
        }

        FindCoordinatorResponseCoordinators found = Coordinator(request.KeyType, request.Key, context);
        return new FindCoordinatorResponse
        {
            ErrorCode = found.ErrorCode,
            ErrorMessage = found.ErrorMessage,
            NodeId = found.NodeId,
            Host = found.Host,
            Port = found.Port,
        };
    }

    private static FindCoordinatorResponseCoordinators Coordinator(sbyte type, string key, RequestContext context)
    {
        bool isKnown = type is GroupKey or TransactionKey;
        ErrorCode error = isKnown ? Refuse(type, key, context) : ErrorCode.InvalidRequest;
        MetadataBroker? self = error == ErrorCode.None ? context.Connection.Self : null;
        return new FindCoordinatorResponseCoordinators
        {
            Key = key,
            NodeId = self?.NodeId ?? -1,
            Host = self?.Host ?? "",
            Port = self?.Port ?? -1,
            ErrorCode = error,
            ErrorMessage = isKnown ? null : $"Key type {type} is unknown; 0 means group, 1 transaction.",
        };
    }

    public DescribeGroupsResponse Describe(DescribeGroupsRequest request, RequestContext context) => new()
    {
        Groups =
        [
            .. request.Groups.Distinct().Select(group => context.MayGroup(AclOperation.Describe, group)
                ? Describe(group, request.IncludeAuthorizedOperations, context)
                : new DescribeGroupsResponseGroups { ErrorCode = ErrorCode.GroupAuthorizationFailed, GroupId = group }),
        ],
    };

    private static ErrorCode Refuse(sbyte type, string key, RequestContext context) => type == GroupKey
        ? context.MayGroup(AclOperation.Describe, key) ? ErrorCode.None : ErrorCode.GroupAuthorizationFailed
        : context.MayTransact(AclOperation.Describe, key) ? ErrorCode.None : ErrorCode.TransactionalIdAuthorizationFailed;

    private static bool MayList(string group, RequestContext context) =>
        context.MaySee(AclOperation.Describe, AclResourceType.Cluster, AclBinding.ClusterName)
        || context.MaySee(AclOperation.Describe, AclResourceType.Group, group);

    public ListGroupsResponse List(ListGroupsRequest request, RequestContext context) => new()
    {
        ErrorCode = groups.IsStopped ? ErrorCode.CoordinatorNotAvailable : ErrorCode.None,
        Groups =
        [
            .. groups.List(request.StatesFilter, request.TypesFilter).Where(x => MayList(x.GroupId, context)).Select(static x => new ListGroupsResponseGroups
            {
                GroupId = x.GroupId,
                ProtocolType = x.ProtocolType,
                GroupState = x.State.ToString(),
                GroupType = x.Kind == GroupKind.Classic ? "classic" : "consumer",
            }),
        ],
    };

    public async ValueTask<IResponse?> DeleteAsync(DeleteGroupsRequest request, RequestContext context)
    {
        ILookup<bool, string> allowed = request.GroupsNames.ToLookup(group => context.MayGroup(AclOperation.Delete, group));
        string[] wanted = [.. allowed[true]];
        ErrorCode[] errors = await groups.DeleteGroupsAsync(wanted).ConfigureAwait(false);
        return new DeleteGroupsResponse
        {
            Results =
            [
                .. wanted.Zip(
                    errors, static (group, error) => new DeleteGroupsResponseResults { GroupId = group, ErrorCode = error }),
                .. allowed[false].Select(static group => new DeleteGroupsResponseResults
                {
                    GroupId = group,
                    ErrorCode = ErrorCode.GroupAuthorizationFailed,
                }),
            ],
        };
    }

    private DescribeGroupsResponseGroups Describe(string groupId, bool withOperations, RequestContext context)
    {
        GroupDescription group = groups.Describe(groupId);
        bool hidesError = context.Version < NotFoundFrom && group.Error == ErrorCode.GroupIdNotFound;
        return new DescribeGroupsResponseGroups
        {
            ErrorCode = hidesError ? ErrorCode.None : group.Error,
            ErrorMessage = hidesError ? null : group.Message,
            GroupId = groupId,
            GroupState = group.State.ToString(),
            ProtocolType = group.ProtocolType,
            ProtocolData = group.ProtocolName,
            AuthorizedOperations = withOperations && (hidesError || group.Error == ErrorCode.None)
                ? AuthorizedOperations.OfGroup(groupId, context)
                : AuthorizedOperations.NotAsked,
            Members =
            [
                .. group.Members.Select(static x => new DescribeGroupsResponseMembers
                {
                    MemberId = x.MemberId,
                    GroupInstanceId = x.InstanceId,
                    ClientId = x.ClientId,
                    ClientHost = x.ClientHost,
                    MemberMetadata = x.Metadata,
                    MemberAssignment = x.Assignment,
                }),
            ],
        };
    }
}
