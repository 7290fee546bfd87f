namespace StreamFlow.Broker.Groups;

/// <content>What administrators ask for.</content>
internal sealed partial class GroupCoordinator
{
    /// <summary>
    /// Describes a classic group; one that does not exist, or is of the other kind, is Dead and empty, and its error
    /// says which of the two it is.
    /// </summary>
    public GroupDescription Describe(string groupId)
    {
        using HeldGroup held = _groups.Hold(groupId);
        return !_isStopped && held.Group is { } group
            ? Expire(group).Describe()
            : new GroupDescription
            {
                Error = _isStopped ? ErrorCode.CoordinatorNotAvailable : ErrorCode.GroupIdNotFound,
                Message = _isStopped ? null : $"Group {groupId} not found.",
                GroupId = groupId,
                State = GroupState.Dead,
            };
    }

    /// <summary>Describes a consumer group.</summary>
    public ConsumerGroupDescription DescribeConsumers(string groupId)
    {
        using HeldGroup held = _groups.Hold(groupId);
        if (_isStopped || held.Group is not { } group)
        {
            return _isStopped
                ? ConsumerGroupDescription.Failed(groupId, ErrorCode.CoordinatorNotAvailable, null)
                : ConsumerGroupDescription.Failed(groupId, ErrorCode.GroupIdNotFound, $"Group {groupId} not found.");
        }

        return Expire(group) is ConsumerGroup consumers
            ? consumers.DescribeConsumers()
            : ConsumerGroupDescription.Failed(
                groupId, ErrorCode.GroupIdNotFound, $"Group {groupId} is not a consumer group.");
    }

    /// <summary>Lists the groups in any of the given states and of any of the given kinds; an empty filter takes all.</summary>
    /// <param name="states">State names, in any case.</param>
    /// <param name="kinds">Names of kinds, in any case.</param>
    public IReadOnlyList<GroupListing> List(IReadOnlyList<string> states, IReadOnlyList<string> kinds)
    {
        var listed = new List<GroupListing>();
        foreach (CoordinatedGroup group in _groups.All)
        {
            using HeldGroup held = GroupTable.Hold(group);
            if (held.Group is not null)
            {
                IGroup machine = Expire(group);
                listed.Add(new GroupListing(group.GroupId, machine.ProtocolType ?? "", machine.State, machine.Kind));
            }
        }

        return
        [
            .. listed.Where(group => Passes(states, group.State.ToString()) && Passes(kinds, group.Kind.ToString())),
        ];
    }

    /// <summary>Deletes groups without members, with their offsets; the result has one error per group, in order.</summary>
    public async ValueTask<ErrorCode[]> DeleteGroupsAsync(IReadOnlyList<string> groupIds)
    {
        var errors = new ErrorCode[groupIds.Count];
        var durable = new Task<bool>[groupIds.Count];
        for (int i = 0; i < errors.Length; i++)
        {
            (errors[i], durable[i]) = DeleteGroup(groupIds[i]);
        }

        bool[] succeeded = await Task.WhenAll(durable).ConfigureAwait(false);
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = succeeded[i] ? errors[i] : ErrorCode.CoordinatorNotAvailable;
        }

        return errors;
    }

    private (ErrorCode Error, Task<bool> Durable) DeleteGroup(string groupId)
    {
        using HeldGroup held = _groups.Hold(groupId);
        ErrorCode error = _isStopped ? ErrorCode.CoordinatorNotAvailable
            : held.Group is not { } found ? ErrorCode.GroupIdNotFound
            : Expire(found).State != GroupState.Empty ? ErrorCode.NonEmptyGroup
            : ErrorCode.None;
        return error == ErrorCode.None
            ? (error, RemoveAsync(held.Group!, held.Group!.Offsets.Keys, withGroup: true))
            : (error, Task.FromResult(true));
    }

    /// <summary>
    /// Lets go whose session has ended, so that what an administrator is told does not hang on when a timer fires.
    /// </summary>
    private IGroup Expire(CoordinatedGroup group)
    {
        ClockReading now = Now();
        if (group.Machine.NextDeadline() <= now.MonotonicMs)
        {
            group.Machine.Tick(now);
            Apply(group);
        }

        return group.Machine;
    }

    private static bool Passes(IReadOnlyList<string> filter, string value) =>
        filter.Count == 0 || filter.Contains(value, StringComparer.OrdinalIgnoreCase);
}
