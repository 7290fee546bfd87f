
namespace StreamFlow.Broker.Groups;

/// <content>What administrators ask for.</content>
internal sealed partial class GroupCoordinator
{
    /// <summary>Describes a group; one that does not exist is Dead and empty, without an error.</summary>
    public GroupDescription Describe(string groupId)
    {
        lock (_lock)
        {
            return !_isStopped && Find(groupId) is CoordinatedGroup group
                ? group.Group.Describe()
                : new GroupDescription
                {
                    Error = _isStopped ? ErrorCode.CoordinatorNotAvailable : ErrorCode.None,
                    GroupId = groupId,
                    State = GroupState.Dead,
                };
        }
    }

    /// <summary>Lists the groups in any of the given states and of any of the given types; an empty filter takes all.</summary>
    /// <param name="states">State names, in any case.</param>
    /// <param name="types">Type names, in any case; every group here is "classic".</param>
    public IReadOnlyList<GroupListing> List(IReadOnlyList<string> states, IReadOnlyList<string> types)
    {
        if (types.Count > 0 && !types.Contains(ClassicType, StringComparer.OrdinalIgnoreCase))
        {
            return [];
        }

        lock (_lock)
        {
            return
            [
                .. _groups.Values
                    .Select(static group => group.Group)
                    .Where(group => states.Count == 0
                        || states.Contains(group.State.ToString(), StringComparer.OrdinalIgnoreCase))
                    .Select(static group => new GroupListing(group.GroupId, group.ProtocolType ?? "", group.State)),
            ];
        }
    }

    /// <summary>Deletes groups without members, with their offsets; the result has one error per group, in order.</summary>
    public async ValueTask<ErrorCode[]> DeleteGroupsAsync(IReadOnlyList<string> groupIds)
    {
        var errors = new ErrorCode[groupIds.Count];
        Task durable;
        lock (_lock)
        {
            for (int i = 0; i < errors.Length; i++)
            {
                errors[i] = DeleteGroup(groupIds[i]);
            }

            durable = AppendDeletions();
        }

        if (!await TryAwaitAsync(durable).ConfigureAwait(false))
        {
            Array.Fill(errors, ErrorCode.CoordinatorNotAvailable);
        }

        return errors;
    }

    private ErrorCode DeleteGroup(string groupId)
    {
        if (_isStopped)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        CoordinatedGroup? group = Find(groupId);
        if (group is null)
        {
            return ErrorCode.GroupIdNotFound;
        }

        if (group.Group.State != GroupState.Empty)
        {
            return ErrorCode.NonEmptyGroup;
        }

        RemoveOffsets(group, [.. group.Offsets.Keys]);
        RemoveGroup(group);
        return ErrorCode.None;
    }
}
