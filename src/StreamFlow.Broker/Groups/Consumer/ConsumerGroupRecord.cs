using System.Diagnostics;

namespace StreamFlow.Broker.Groups;

/// <summary>
/// One change of a consumer group, as it is stored; a null value is a tombstone. The layouts are those of Kafka 4.3's
/// <c>__consumer_offsets</c>.
/// </summary>
internal abstract record ConsumerGroupRecord
{
    /// <summary>What it says something about: of two with the same key the later counts.</summary>
    public abstract GroupRecordKey Key { get; }

    /// <summary>The record that takes back what was said under a key.</summary>
    public static ConsumerGroupRecord Tombstone(GroupRecordKey key) => key.Type switch
    {
        GroupRecordType.GroupEpoch => new GroupEpochRecord(null, 0),
        GroupRecordType.MemberMetadata => new MemberMetadataRecord(key.Name, null),
        GroupRecordType.TargetEpoch => new TargetEpochRecord(null, 0),
        GroupRecordType.TargetAssignment => new TargetAssignmentRecord(key.Name, null),
        GroupRecordType.CurrentAssignment => new CurrentAssignmentRecord(key.Name, null),
        GroupRecordType.Pattern => new PatternRecord(key.Name, null),
        _ => throw new UnreachableException($"{key} is not a record of a consumer group."),
    };
}

/// <summary>The epoch of the group, and a hash of the topics it was raised for.</summary>
internal sealed record GroupEpochRecord(int? Epoch, long MetadataHash) : ConsumerGroupRecord
{
    public override GroupRecordKey Key => new(GroupRecordType.GroupEpoch, "");
}

/// <summary>What a member said of itself.</summary>
internal sealed record MemberMetadataRecord(string MemberId, MemberMetadata? Metadata) : ConsumerGroupRecord
{
    public override GroupRecordKey Key => new(GroupRecordType.MemberMetadata, MemberId);
}

/// <summary>The group epoch that the target assignment was computed for.</summary>
internal sealed record TargetEpochRecord(int? Epoch, long TimestampMs) : ConsumerGroupRecord
{
    public override GroupRecordKey Key => new(GroupRecordType.TargetEpoch, "");
}

/// <summary>What a member shall have.</summary>
internal sealed record TargetAssignmentRecord(string MemberId, IReadOnlySet<TopicIdPartition>? Partitions)
    : ConsumerGroupRecord
{
    public override GroupRecordKey Key => new(GroupRecordType.TargetAssignment, MemberId);
}

/// <summary>What a member has.</summary>
internal sealed record CurrentAssignmentRecord(string MemberId, CurrentAssignment? Assignment) : ConsumerGroupRecord
{
    public override GroupRecordKey Key => new(GroupRecordType.CurrentAssignment, MemberId);
}

/// <summary>Which topics a pattern finds.</summary>
internal sealed record PatternRecord(string Pattern, ResolvedPattern? Resolved) : ConsumerGroupRecord
{
    public override GroupRecordKey Key => new(GroupRecordType.Pattern, Pattern);
}

/// <summary>The topics that a pattern found.</summary>
/// <param name="Topics">Their names, sorted.</param>
/// <param name="Version">The version of the topics that were looked through.</param>
/// <param name="TimestampMs">When, in milliseconds since 1970-01-01 UTC.</param>
internal sealed record ResolvedPattern(IReadOnlyList<string> Topics, long Version, long TimestampMs);

/// <summary>Write these records, as one batch.</summary>
internal sealed record PersistConsumerGroup(IReadOnlyList<ConsumerGroupRecord> Records) : GroupEffect;
