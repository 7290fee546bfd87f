namespace StreamFlow.Broker.Groups;

/// <summary>
/// What the records of a consumer group say: the whole of it but its deadlines. The group changes it by records only, so
/// that what comes back at a start is what was there.
/// </summary>
internal sealed class ConsumerGroupImage
{
    /// <summary>A new group has this epoch, and its first member raises it: Kafka 4.3 begins there.</summary>
    public const int FirstEpoch = 1;

    private static readonly HashSet<TopicIdPartition> Nothing = [];

    private readonly OrderedDictionary<string, MemberMetadata> _members = [];
    private readonly Dictionary<string, string> _instances = [];
    private readonly Dictionary<string, IReadOnlySet<TopicIdPartition>> _targets = [];
    private readonly Dictionary<string, CurrentAssignment> _current = [];
    private readonly SortedDictionary<string, ResolvedPattern> _patterns = new(StringComparer.Ordinal);
    private readonly Dictionary<TopicIdPartition, int> _holders = [];

    /// <summary>True once a record has given the group an epoch: then it needs a tombstone to go.</summary>
    public bool HasEpoch { get; private set; }

    public int GroupEpoch { get; private set; } = FirstEpoch;

    public long MetadataHash { get; private set; }

    public int TargetEpoch { get; private set; }

    public long TargetTimestampMs { get; private set; }

    /// <summary>In the order they came.</summary>
    public IReadOnlyDictionary<string, MemberMetadata> Members => _members;

    public IReadOnlyDictionary<string, ResolvedPattern> Patterns => _patterns;

    /// <summary>Members with a target, which may be gone.</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<TopicIdPartition>> Targets => _targets;

    public string? FindInstance(string instanceId) => _instances.GetValueOrDefault(instanceId);

    public IReadOnlySet<TopicIdPartition> TargetOf(string memberId) => _targets.GetValueOrDefault(memberId, Nothing);

    public CurrentAssignment CurrentOf(string memberId) => _current.GetValueOrDefault(memberId, CurrentAssignment.None);

    /// <summary>True when no member has the partition, and none is about to give it up.</summary>
    public bool IsFree(TopicIdPartition partition) => !_holders.ContainsKey(partition);

    /// <summary>The record that says what is now under a key, a tombstone when there is nothing.</summary>
    public ConsumerGroupRecord RecordOf(GroupRecordKey key) => key.Type switch
    {
        GroupRecordType.GroupEpoch when HasEpoch => new GroupEpochRecord(GroupEpoch, MetadataHash),
        GroupRecordType.TargetEpoch when TargetEpoch > 0 => new TargetEpochRecord(TargetEpoch, TargetTimestampMs),
        GroupRecordType.MemberMetadata => new MemberMetadataRecord(key.Name, _members.GetValueOrDefault(key.Name)),
        GroupRecordType.TargetAssignment => new TargetAssignmentRecord(key.Name, _targets.GetValueOrDefault(key.Name)),
        GroupRecordType.CurrentAssignment => new CurrentAssignmentRecord(key.Name, _current.GetValueOrDefault(key.Name)),
        GroupRecordType.Pattern => new PatternRecord(key.Name, _patterns.GetValueOrDefault(key.Name)),
        _ => ConsumerGroupRecord.Tombstone(key),
    };

    public void Apply(ConsumerGroupRecord record)
    {
        switch (record)
        {
            case GroupEpochRecord epoch:
                HasEpoch = epoch.Epoch is not null;
                GroupEpoch = epoch.Epoch ?? FirstEpoch;
                MetadataHash = epoch.MetadataHash;
                break;
            case TargetEpochRecord target:
                TargetEpoch = target.Epoch ?? 0;
                TargetTimestampMs = target.TimestampMs;
                break;
            case MemberMetadataRecord member:
                ApplyMember(member.MemberId, member.Metadata);
                break;
            case TargetAssignmentRecord { Partitions: { } partitions } target:
                _targets[target.MemberId] = partitions;
                break;
            case TargetAssignmentRecord target:
                _targets.Remove(target.MemberId);
                break;
            case CurrentAssignmentRecord current:
                ApplyCurrent(current.MemberId, current.Assignment);
                break;
            case PatternRecord { Resolved: { } resolved } pattern:
                _patterns[pattern.Pattern] = resolved;
                break;
            case PatternRecord pattern:
                _patterns.Remove(pattern.Pattern);
                break;
        }
    }

    private void ApplyMember(string memberId, MemberMetadata? metadata)
    {
        if (_members.GetValueOrDefault(memberId)?.InstanceId is { } before && _instances.GetValueOrDefault(before) == memberId)
        {
            _instances.Remove(before);
        }

        if (metadata is null)
        {
            _members.Remove(memberId);
            return;
        }

        _members[memberId] = metadata;
        if (metadata.InstanceId is { } instance)
        {
            _instances[instance] = memberId;
        }
    }

    private void ApplyCurrent(string memberId, CurrentAssignment? assignment)
    {
        if (_current.Remove(memberId, out CurrentAssignment? before))
        {
            foreach (TopicIdPartition partition in before.Assigned.Keys.Concat(before.PendingRevocation.Keys))
            {
                Release(partition);
            }
        }

        if (assignment is null)
        {
            return;
        }

        _current[memberId] = assignment;
        foreach (TopicIdPartition partition in assignment.Assigned.Keys.Concat(assignment.PendingRevocation.Keys))
        {
            _holders[partition] = _holders.GetValueOrDefault(partition) + 1;
        }
    }

    private void Release(TopicIdPartition partition)
    {
        int holders = _holders[partition] - 1;
        if (holders == 0)
        {
            _holders.Remove(partition);
        }
        else
        {
            _holders[partition] = holders;
        }
    }
}
