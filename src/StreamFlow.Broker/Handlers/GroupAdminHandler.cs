using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;

namespace StreamFlow.Broker.Handlers;

/// <summary>Groups as administrators see them, and where their coordinator is.</summary>
internal sealed class GroupAdminHandler(GroupCoordinator groups)
{
    private const string ClassicType = "classic";

    public static FindCoordinatorResponse FindCoordinator(FindCoordinatorRequest request, RequestContext context)
    {
        bool known = request.KeyType is FindCoordinatorRequest.GroupKey or FindCoordinatorRequest.TransactionKey;
        ErrorCode error = known ? ErrorCode.None : ErrorCode.InvalidRequest;
        string? message = known ? null : $"Key type {request.KeyType} is unknown; 0 means group, 1 transaction.";
        return new FindCoordinatorResponse(
            context.Connection.Self,
            [.. request.Keys.Select(key => known && Refuse(request.KeyType, key, context) is var refusal and not ErrorCode.None
                ? new CoordinatorEntry(key, refusal, null)
                : new CoordinatorEntry(key, error, message))]);
    }

    private static ErrorCode Refuse(sbyte type, string key, RequestContext context) => type == FindCoordinatorRequest.GroupKey
        ? context.MayGroup(AclOperation.Describe, key) ? ErrorCode.None : ErrorCode.GroupAuthorizationFailed
        : context.MayTransact(AclOperation.Describe, key) ? ErrorCode.None : ErrorCode.TransactionalIdAuthorizationFailed;

    public DescribeGroupsResponse Describe(DescribeGroupsRequest request, RequestContext context) =>
        new([.. request.Groups.Select(group => context.MayGroup(AclOperation.Describe, group)
            ? Describe(group)
            : new DescribedGroup(ErrorCode.GroupAuthorizationFailed, group, "", "", "", []))]);

    public ListGroupsResponse List(ListGroupsRequest request, RequestContext context) => new(
        ErrorCode.None,
        [.. groups.List(request.StatesFilter, request.TypesFilter).Where(x => MayList(x.GroupId, context)).Select(static x =>
            new ListedGroup(x.GroupId, x.ProtocolType, x.State.ToString(), ClassicType))]);

    public async ValueTask<IResponse?> DeleteAsync(DeleteGroupsRequest request, RequestContext context)
    {
        ILookup<bool, string> allowed = request.Groups.ToLookup(group => context.MayGroup(AclOperation.Delete, group));
        string[] wanted = [.. allowed[true]];
        ErrorCode[] errors = await groups.DeleteGroupsAsync(wanted).ConfigureAwait(false);
        return new DeleteGroupsResponse(
        [
            .. wanted.Zip(errors, static (group, error) => new DeletedGroup(group, error)),
            .. allowed[false].Select(static group => new DeletedGroup(group, ErrorCode.GroupAuthorizationFailed)),
        ]);
    }

    private static bool MayList(string group, RequestContext context) =>
        context.MaySee(AclOperation.Describe, AclResourceType.Cluster, AclBinding.ClusterName)
        || context.MaySee(AclOperation.Describe, AclResourceType.Group, group);

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
