using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;

namespace StreamFlow.Broker.Handlers;

/// <summary>Members of groups coming, synchronising, staying and leaving.</summary>
internal sealed class MembershipHandler(GroupCoordinator groups)
{
    public async ValueTask<IResponse?> JoinAsync(JoinGroupRequest request, RequestContext context)
    {
        if (!context.MayGroup(AclOperation.Read, request.GroupId))
        {
            return new JoinGroupResponse(ErrorCode.GroupAuthorizationFailed);
        }

        JoinResult result = await groups.JoinAsync(
            new JoinCommand
            {
                ApiVersion = context.Version,
                GroupId = request.GroupId,
                MemberId = request.MemberId,
                InstanceId = request.GroupInstanceId,
                ClientId = context.ClientId,
                ClientHost = context.Connection.ClientHost,
                SessionTimeoutMs = request.SessionTimeoutMs,
                RebalanceTimeoutMs = request.RebalanceTimeoutMs,
                ProtocolType = request.ProtocolType,
                Protocols = [.. request.Protocols.Select(static x => new GroupProtocol(x.Name, x.Metadata))],
            },
            context.Connection.Gone).ConfigureAwait(false);
        return new JoinGroupResponse(result.Error)
        {
            GenerationId = result.GenerationId,
            ProtocolType = result.ProtocolType,
            ProtocolName = result.ProtocolName,
            Leader = result.Leader,
            SkipAssignment = result.SkipAssignment,
            MemberId = result.MemberId,
            Members = [.. result.Members.Select(static x => new JoinGroupMember(x.MemberId, x.InstanceId, x.Metadata))],
        };
    }

    public async ValueTask<IResponse?> SyncAsync(SyncGroupRequest request, RequestContext context)
    {
        if (!context.MayGroup(AclOperation.Read, request.GroupId))
        {
            return new SyncGroupResponse(ErrorCode.GroupAuthorizationFailed);
        }

        SyncResult result = await groups.SyncAsync(
            new SyncCommand
            {
                GroupId = request.GroupId,
                GenerationId = request.GenerationId,
                MemberId = request.MemberId,
                InstanceId = request.GroupInstanceId,
                ProtocolType = request.ProtocolType,
                ProtocolName = request.ProtocolName,
                Assignments = [.. request.Assignments.Select(static x => new MemberAssignment(x.MemberId, x.Assignment))],
            },
            context.Connection.Gone).ConfigureAwait(false);
        return new SyncGroupResponse(result.Error)
        {
            ProtocolType = result.ProtocolType,
            ProtocolName = result.ProtocolName,
            Assignment = result.Assignment,
        };
    }

    public HeartbeatResponse Heartbeat(HeartbeatRequest request, RequestContext context) =>
        new(context.MayGroup(AclOperation.Read, request.GroupId)
            ? groups.Heartbeat(
                new HeartbeatCommand(request.GroupId, request.GenerationId, request.MemberId, request.GroupInstanceId))
            : ErrorCode.GroupAuthorizationFailed);

    public LeaveGroupResponse Leave(LeaveGroupRequest request, RequestContext context)
    {
        if (!context.MayGroup(AclOperation.Read, request.GroupId))
        {
            return new LeaveGroupResponse(ErrorCode.GroupAuthorizationFailed, []);
        }

        LeaveResult result = groups.Leave(
            request.GroupId, [.. request.Members.Select(static x => new MemberToLeave(x.MemberId, x.GroupInstanceId))]);
        return new LeaveGroupResponse(
            result.Error,
            [.. request.Members.Zip(
                result.MemberErrors,
                static (member, error) => new LeavingMemberResult(member.MemberId, member.GroupInstanceId, error))]);
    }
}
