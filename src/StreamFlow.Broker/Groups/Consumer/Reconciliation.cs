namespace StreamFlow.Broker.Groups;

/// <summary>
/// One step of a member from what it has towards its target: give up first, then move to the new epoch, then take what
/// others have given up (KIP-848, "Member assignment and reconciliation").
/// </summary>
/// <param name="TargetEpoch">The epoch of the target.</param>
/// <param name="Target">What the member shall have.</param>
/// <param name="Owned">What the member says that it has; null when it says nothing, which is taken for everything.</param>
/// <param name="IsSubscribed">Whether the member wants a topic still: the target may be older than its wish.</param>
/// <param name="IsFree">Whether nobody has a partition.</param>
internal sealed record Reconciliation(
    int TargetEpoch,
    IReadOnlySet<TopicIdPartition> Target,
    IReadOnlySet<TopicIdPartition>? Owned,
    Func<Guid, bool> IsSubscribed,
    Func<TopicIdPartition, bool> IsFree)
{
    /// <summary>Where the member is after this step; the same object when it stays where it is.</summary>
    /// <param name="current">Where it is now.</param>
    /// <param name="wantsOthers">True when its subscription just changed.</param>
    public CurrentAssignment Next(CurrentAssignment current, bool wantsOthers)
    {
        switch (current.State)
        {
            case MemberState.Stable when current.MemberEpoch == TargetEpoch && !wantsOthers:
                return current;
            case MemberState.UnrevokedPartitions when HasAny(current.PendingRevocation.Keys):
                return wantsOthers ? GiveUpUnwanted(current) : current;
            default:
                CurrentAssignment next = Step(current);
                return AreSame(current, next) ? current : next;
        }
    }

    private bool HasAny(IEnumerable<TopicIdPartition> partitions) => Owned is null || partitions.Any(Owned.Contains);

    private CurrentAssignment GiveUpUnwanted(CurrentAssignment current)
    {
        if (current.Assigned.Keys.All(partition => IsSubscribed(partition.TopicId)))
        {
            return current;
        }

        var pending = new Dictionary<TopicIdPartition, int>(current.PendingRevocation);
        var kept = new Dictionary<TopicIdPartition, int>();
        foreach ((TopicIdPartition partition, int epoch) in current.Assigned)
        {
            (IsSubscribed(partition.TopicId) ? kept : pending)[partition] = epoch;
        }

        return current with
        {
            PreviousMemberEpoch = current.MemberEpoch, Assigned = kept, PendingRevocation = pending,
        };
    }

    private CurrentAssignment Step(CurrentAssignment current)
    {
        var assigned = new Dictionary<TopicIdPartition, int>();
        var pending = new Dictionary<TopicIdPartition, int>();
        foreach ((TopicIdPartition partition, int epoch) in current.Assigned)
        {
            bool stays = Target.Contains(partition) && IsSubscribed(partition.TopicId);
            (stays ? assigned : pending)[partition] = epoch;
        }

        return pending.Count > 0 && HasAny(pending.Keys)
            ? new CurrentAssignment
            {
                MemberEpoch = current.MemberEpoch,
                PreviousMemberEpoch = current.MemberEpoch,
                State = MemberState.UnrevokedPartitions,
                Assigned = assigned,
                PendingRevocation = pending,
            }
            : TakeFree(current, assigned);
    }

    /// <summary>Nothing is left to give up: the member moves to the epoch of the target, with what others have given up.</summary>
    private CurrentAssignment TakeFree(CurrentAssignment current, Dictionary<TopicIdPartition, int> assigned)
    {
        bool waits = false;
        foreach (TopicIdPartition partition in Target)
        {
            if (assigned.ContainsKey(partition) || !IsSubscribed(partition.TopicId))
            {
                continue;
            }

            if (IsFree(partition))
            {
                assigned.Add(partition, TargetEpoch);
            }
            else
            {
                waits = true;
            }
        }

        return new CurrentAssignment
        {
            MemberEpoch = TargetEpoch,
            PreviousMemberEpoch = current.MemberEpoch,
            State = waits ? MemberState.UnreleasedPartitions : MemberState.Stable,
            Assigned = assigned,
        };
    }

    private static bool AreSame(CurrentAssignment one, CurrentAssignment other) => one.MemberEpoch == other.MemberEpoch
        && one.State == other.State
        && one.PendingRevocation.Count == other.PendingRevocation.Count
        && one.Assigned.Count == other.Assigned.Count
        && one.PendingRevocation.Keys.All(other.PendingRevocation.ContainsKey)
        && one.Assigned.Keys.All(other.Assigned.ContainsKey);
}
