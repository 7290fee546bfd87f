using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Members of groups coming, synchronising, staying and leaving.</summary>
internal sealed class MembershipHandler(GroupCoordinator groups)
{
    /// <summary>First version of JoinGroup whose answer may have no protocol.</summary>
    private const short NullProtocolFrom = 7;

    /// <summary>First version of JoinGroup that lets the leader keep the assignment.</summary>
    private const short SkipAssignmentFrom = 9;

    /// <summary>First version of LeaveGroup that names several members.</summary>
    private const short MembersFrom = 3;

    public async ValueTask<IResponse?> JoinAsync(JoinGroupRequest request, RequestContext context)
    {
        if (!context.MayGroup(AclOperation.Read, request.GroupId))
        {
            return new JoinGroupResponse { ErrorCode = ErrorCode.GroupAuthorizationFailed, ProtocolName = "" };
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
                // Version 0 has one time-out for both.
                RebalanceTimeoutMs = context.Version == 0 ? request.SessionTimeoutMs : request.RebalanceTimeoutMs,
                ProtocolType = request.ProtocolType,
                Protocols = [.. request.Protocols.Select(static x => new GroupProtocol(x.Name, x.Metadata))],
            },
            context.Connection.Gone).ConfigureAwait(false);
        return Joined(result, context.Version);
    }

    private static JoinGroupResponse Joined(JoinResult result, short version) => new()
    {
        ErrorCode = result.Error,
        GenerationId = result.GenerationId,
        ProtocolType = result.ProtocolType,
        ProtocolName = version >= NullProtocolFrom ? result.ProtocolName : result.ProtocolName ?? "",
        Leader = result.Leader,
        SkipAssignment = result.SkipAssignment && version >= SkipAssignmentFrom,
        MemberId = result.MemberId,
        Members =
        [
            .. result.Members.Select(static x => new JoinGroupResponseMembers
            {
                MemberId = x.MemberId,
                GroupInstanceId = x.InstanceId,
                Metadata = x.Metadata,
            }),
        ],
    };

    public async ValueTask<IResponse?> SyncAsync(SyncGroupRequest request, RequestContext context)
    {
        if (!context.MayGroup(AclOperation.Read, request.GroupId))
        {
            return new SyncGroupResponse { ErrorCode = ErrorCode.GroupAuthorizationFailed };
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
        return new SyncGroupResponse
        {
            ErrorCode = result.Error,
            ProtocolType = result.ProtocolType,
            ProtocolName = result.ProtocolName,
            Assignment = result.Assignment,
        };
    }

    public HeartbeatResponse Heartbeat(HeartbeatRequest request, RequestContext context) => new()
    {
        ErrorCode = context.MayGroup(AclOperation.Read, request.GroupId)
            ? groups.Heartbeat(
                new HeartbeatCommand(request.GroupId, request.GenerationId, request.MemberId, request.GroupInstanceId))
            : ErrorCode.GroupAuthorizationFailed,
    };

    public LeaveGroupResponse Leave(LeaveGroupRequest request, RequestContext context)
    {
        if (!context.MayGroup(AclOperation.Read, request.GroupId))
        {
            return new LeaveGroupResponse { ErrorCode = ErrorCode.GroupAuthorizationFailed };
        }

        if (context.Version < MembersFrom)
        {
            // The only member's error is that of the whole answer.
            LeaveResult one = groups.Leave(request.GroupId, [new MemberToLeave(request.MemberId, null)]);
            return new LeaveGroupResponse
            {
                ErrorCode = one.Error == ErrorCode.None && one.MemberErrors.Count > 0 ? one.MemberErrors[0] : one.Error,
            };
        }

        LeaveResult result = groups.Leave(
            request.GroupId, [.. request.Members.Select(static x => new MemberToLeave(x.MemberId, x.GroupInstanceId))]);
        return new LeaveGroupResponse
        {
            ErrorCode = result.Error,
            Members =
            [
                .. request.Members.Zip(result.MemberErrors, static (member, error) => new LeaveGroupResponseMembers
                {
                    MemberId = member.MemberId,
                    GroupInstanceId = member.GroupInstanceId,
                    ErrorCode = error,
                }),
            ],
        };
    }
}
