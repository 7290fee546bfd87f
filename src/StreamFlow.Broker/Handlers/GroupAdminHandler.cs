using StreamFlow.Broker.Groups;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Groups as administrators see them, and where their coordinator is.</summary>
internal sealed class GroupAdminHandler(GroupCoordinator groups, MetadataBroker self)
{
    private const string ClassicType = "classic";

    private const sbyte GroupKey = 0;
    private const sbyte TransactionKey = 1;

    /// <summary>First version of FindCoordinator that asks for several.</summary>
    private const short CoordinatorsFrom = 4;

    public FindCoordinatorResponse FindCoordinator(FindCoordinatorRequest request, short version)
    {
        bool known = request.KeyType is GroupKey or TransactionKey;
        ErrorCode error = known ? ErrorCode.None : ErrorCode.InvalidRequest;
        string? message = known ? null : $"Key type {request.KeyType} is unknown; 0 means group, 1 transaction.";
        int nodeId = known ? self.NodeId : -1;
        string host = known ? self.Host : "";
        int port = known ? self.Port : -1;
        if (version < CoordinatorsFrom)
        {
            return new FindCoordinatorResponse
            {
                ErrorCode = error,
                ErrorMessage = message,
                NodeId = nodeId,
                Host = host,
                Port = port,
            };
        }

        return new FindCoordinatorResponse
        {
            Coordinators =
            [
                .. request.CoordinatorKeys.Select(key => new FindCoordinatorResponseCoordinators
                {
                    Key = key,
                    NodeId = nodeId,
                    Host = host,
                    Port = port,
                    ErrorCode = error,
                    ErrorMessage = message,
                }),
            ],
        };
    }

    public DescribeGroupsResponse Describe(DescribeGroupsRequest request) =>
        new() { Groups = [.. request.Groups.Select(Describe)] };

    public ListGroupsResponse List(ListGroupsRequest request) => new()
    {
        Groups =
        [
            .. groups.List(request.StatesFilter, request.TypesFilter).Select(static x => new ListGroupsResponseGroups
            {
                GroupId = x.GroupId,
                ProtocolType = x.ProtocolType,
                GroupState = x.State.ToString(),
                GroupType = ClassicType,
            }),
        ],
    };

    public async ValueTask<IResponse?> DeleteAsync(DeleteGroupsRequest request)
    {
        ErrorCode[] errors = await groups.DeleteGroupsAsync(request.GroupsNames).ConfigureAwait(false);
        return new DeleteGroupsResponse
        {
            Results =
            [
                .. request.GroupsNames.Zip(
                    errors, static (group, error) => new DeleteGroupsResponseResults { GroupId = group, ErrorCode = error }),
            ],
        };
    }

    private DescribeGroupsResponseGroups Describe(string groupId)
    {
        GroupDescription group = groups.Describe(groupId);
        return new DescribeGroupsResponseGroups
        {
            ErrorCode = group.Error,
            GroupId = groupId,
            GroupState = group.State.ToString(),
            ProtocolType = group.ProtocolType,
            ProtocolData = group.ProtocolName,
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
