namespace StreamFlow.Broker.Groups;

/// <content>
/// Groups that change between the protocols (KIP-848, "online migration"): with the first member of the consumer
/// protocol that comes, and the last one that goes. The tombstones of the one kind and the records of the other are one
/// batch, so that a crash leaves the one or the other.
/// </content>
internal sealed partial class GroupCoordinator
{
    /// <summary>Makes a classic group a consumer group; null, or what keeps it from it.</summary>
    private string? Upgrade(CoordinatedGroup group)
    {
        var classic = (ClassicGroup)group.Machine;
        ConsumerGroupOptions settings = _options.ConsumerSettings(group.GroupId);
        string? obstacle =
            classic.State == GroupState.Empty && !classic.HasPendingIds ? null
            : !settings.MayUpgrade ? "the online upgrade is disabled"
            : !classic.IsOfConsumers ? "the group does not use the consumer embedded protocol"
            : classic.MemberCount > settings.MaxSize
                ? $"the group size exceeds the consumer group maximum size of {settings.MaxSize}"
            : null;
        if (obstacle is not null)
        {
            return obstacle;
        }

        IReadOnlyList<ConsumerGroupRecord>? records = GroupConversion.ToConsumers(classic, _topics);
        if (records is null)
        {
            return "the subscription or the assignment of a member cannot be read";
        }

        classic.Interrupt(Now());
        Apply(group);
        Become(group, GroupConversion.Build(group.GroupId, records, _options, _topics, Now()), [new PersistConsumerGroup(records)]);
        return null;
    }

    /// <summary>Makes a consumer group in which nobody speaks its protocol any more a classic one.</summary>
    private void DowngradeIfClassic(CoordinatedGroup group)
    {
        if (group.Machine is not ConsumerGroup { IsAllClassic: true, IsDead: false } consumers
            || !_options.ConsumerSettings(group.GroupId).MayDowngrade
            || consumers.MemberCount > _options.MaxGroupSize)
        {
            return;
        }

        ClassicGroup classic = ClassicGroup.OfMembers(
            group.GroupId, consumers.GroupEpoch, consumers.ClassicMembers(), _options, Now());
        Become(group, classic, [new PersistConsumerGroup(consumers.Tombstones()), .. classic.TakeEffects()]);
    }

    /// <summary>An empty group is of the kind of whoever joins it first.</summary>
    private void MakeClassicIfEmpty(CoordinatedGroup group)
    {
        if (group.Machine is ConsumerGroup { State: GroupState.Empty } consumers)
        {
            Become(group, new ClassicGroup(group.GroupId, _options, Now()), [new PersistConsumerGroup(consumers.Tombstones())]);
        }
    }

    private void Become(CoordinatedGroup group, IGroup machine, IReadOnlyList<GroupEffect> effects)
    {
        if (group.HasClassicRecord && machine.Kind == GroupKind.Consumer)
        {
            group.Unwritten.Add(GroupRecordKey.Classic);
        }

        group.Machine = machine;
        Write(group, effects);
        _timers.Arm(group, Now());
    }
}
