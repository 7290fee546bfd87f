using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Groups as administrators see them, and where their coordinator is.</summary>
internal sealed class GroupAdminHandler(GroupCoordinator groups)
{
    private const string ClassicType = "classic";

    public static FindCoordinatorResponse FindCoordinator(FindCoordinatorRequest request, MetadataBroker self)
    {
        bool known = request.KeyType is FindCoordinatorRequest.GroupKey or FindCoordinatorRequest.TransactionKey;
        ErrorCode error = known ? ErrorCode.None : ErrorCode.InvalidRequest;
        string? message = known ? null : $"Key type {request.KeyType} is unknown; 0 means group, 1 transaction.";
        return new FindCoordinatorResponse(
            self, [.. request.Keys.Select(key => new CoordinatorEntry(key, error, message))]);
    }

    public DescribeGroupsResponse Describe(DescribeGroupsRequest request) =>
        new([.. request.Groups.Select(Describe)]);

    public ListGroupsResponse List(ListGroupsRequest request) => new(
        ErrorCode.None,
        [.. groups.List(request.StatesFilter, request.TypesFilter).Select(static x =>
            new ListedGroup(x.GroupId, x.ProtocolType, x.State.ToString(), ClassicType))]);

    public async ValueTask<IResponse?> DeleteAsync(DeleteGroupsRequest request)
    {
        ErrorCode[] errors = await groups.DeleteGroupsAsync(request.Groups).ConfigureAwait(false);
        return new DeleteGroupsResponse(
            [.. request.Groups.Zip(errors, static (group, error) => new DeletedGroup(group, error))]);
    }

    private DescribedGroup Describe(string groupId)
    {
        GroupDescription group = groups.Describe(groupId);
        return new DescribedGroup(
            group.Error,
            groupId,
            group.State.ToString(),
            group.ProtocolType,
            group.ProtocolName,
            [.. group.Members.Select(static x => new DescribedMember(
                x.MemberId, x.InstanceId, x.ClientId, x.ClientHost, x.Metadata, x.Assignment))]);
    }
}
