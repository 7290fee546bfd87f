using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Groups as administrators see them, and where their coordinator is.</summary>
internal sealed class GroupAdminHandler(GroupCoordinator groups, MetadataBroker self)
{
    private const short FirstVersionOfErrors = 6;

    public FindCoordinatorResponse FindCoordinator(FindCoordinatorRequest request)
    {
        bool known = request.KeyType is FindCoordinatorRequest.GroupKey or FindCoordinatorRequest.TransactionKey;
        ErrorCode error = known ? ErrorCode.None : ErrorCode.InvalidRequest;
        string? message = known ? null : $"Key type {request.KeyType} is unknown; 0 means group, 1 transaction.";
        return new FindCoordinatorResponse(
            self, [.. request.Keys.Select(key => new CoordinatorEntry(key, error, message))]);
    }

    /// <summary>Before version 6 a group that is not there, or is a consumer group, is Dead without an error.</summary>
    public DescribeGroupsResponse Describe(DescribeGroupsRequest request, short version) =>
        new([.. request.Groups.Select(group => Describe(group, version))]);

    public ListGroupsResponse List(ListGroupsRequest request) => new(
        ErrorCode.None,
        [.. groups.List(request.StatesFilter, request.TypesFilter).Select(static x =>
            new ListedGroup(x.GroupId, x.ProtocolType, x.State.ToString(), Name(x.Kind)))]);

    public async ValueTask<IResponse?> DeleteAsync(DeleteGroupsRequest request)
    {
        ErrorCode[] errors = await groups.DeleteGroupsAsync(request.Groups).ConfigureAwait(false);
        return new DeleteGroupsResponse(
            [.. request.Groups.Zip(errors, static (group, error) => new DeletedGroup(group, error))]);
    }

    private DescribedGroup Describe(string groupId, short version)
    {
        GroupDescription group = groups.Describe(groupId);
        return new DescribedGroup(
            version < FirstVersionOfErrors && group.Error == ErrorCode.GroupIdNotFound ? ErrorCode.None : group.Error,
            groupId,
            group.State.ToString(),
            group.ProtocolType,
            group.ProtocolName,
            [.. group.Members.Select(static x => new DescribedMember(
                x.MemberId, x.InstanceId, x.ClientId, x.ClientHost, x.Metadata, x.Assignment))]);
    }

    private static string Name(GroupKind kind) => kind == GroupKind.Classic ? "classic" : "consumer";
}
