namespace StreamFlow.Broker.Groups;

/// <summary>A group with what the coordinator keeps beside its state machine.</summary>
internal sealed class CoordinatedGroup(Group group)
{
    public Group Group { get; } = group;

    public GroupOffsets Offsets { get; } = new();

    /// <summary>Completes when the group's last record is durable; no reply may overtake it.</summary>
    public Task LastRecord { get; set; } = Task.CompletedTask;

    /// <summary>True once the log holds a record of the group, which then needs a tombstone to go.</summary>
    public bool HasRecord { get; set; }

    /// <summary>The deadline the timer queue knows of.</summary>
    public long ArmedFor { get; set; } = GroupDeadline.Never;
}
