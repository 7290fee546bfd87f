using System.Diagnostics;

namespace StreamFlow.Broker.Groups;

/// <summary>The states of a group; the names go on the wire in DescribeGroups and ListGroups.</summary>
internal enum GroupState : byte
{
    /// <summary>No members; may hold committed offsets.</summary>
    Empty,

    /// <summary>Waiting for the members to join the next generation.</summary>
    PreparingRebalance,

    /// <summary>The generation is formed; waiting for its leader's assignment.</summary>
    CompletingRebalance,

    /// <summary>Every member can have its assignment; in a consumer group, has it.</summary>
    Stable,

    /// <summary>Of a consumer group: there is no target yet for what the members subscribe to.</summary>
    Assigning,

    /// <summary>Of a consumer group: members are on their way to their target.</summary>
    Reconciling,

    /// <summary>Removed, or the coordinator stopped. Final.</summary>
    Dead,
}

/// <summary>What moves a group from one state to another.</summary>
internal enum GroupEvent : byte
{
    /// <summary>A member joined, left, expired, or changed what it subscribes to.</summary>
    RebalanceStarted,

    /// <summary>The wait for joins is over and members have joined.</summary>
    GenerationFormed,

    /// <summary>The wait for joins is over and nobody is left.</summary>
    GenerationEmptied,

    /// <summary>The leader handed in the assignment.</summary>
    AssignmentReceived,

    /// <summary>The group was deleted or expired, or the coordinator stops.</summary>
    Closed,
}

/// <summary>The transition table of a classic group.</summary>
internal static class GroupStates
{
    /// <summary>The state after <paramref name="happened"/>.</summary>
    /// <exception cref="UnreachableException">The edge does not exist: a bug in the coordinator.</exception>
    public static GroupState Next(GroupState state, GroupEvent happened) => (state, happened) switch
    {
        (GroupState.Empty, GroupEvent.RebalanceStarted) => GroupState.PreparingRebalance,
        (GroupState.CompletingRebalance, GroupEvent.RebalanceStarted) => GroupState.PreparingRebalance,
        (GroupState.Stable, GroupEvent.RebalanceStarted) => GroupState.PreparingRebalance,
        (GroupState.PreparingRebalance, GroupEvent.GenerationFormed) => GroupState.CompletingRebalance,
        (GroupState.PreparingRebalance, GroupEvent.GenerationEmptied) => GroupState.Empty,
        (GroupState.CompletingRebalance, GroupEvent.AssignmentReceived) => GroupState.Stable,
        (GroupState.Empty or GroupState.PreparingRebalance or GroupState.CompletingRebalance or GroupState.Stable,
            GroupEvent.Closed) => GroupState.Dead,
        _ => throw new UnreachableException($"A group in state {state} cannot take the event {happened}."),
    };
}
