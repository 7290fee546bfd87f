namespace StreamFlow.Broker.Groups;

/// <summary>What a stored record is about; the numbers are the key versions of Kafka's <c>__consumer_offsets</c>.</summary>
internal enum GroupRecordType : short
{
    /// <summary>A committed offset, as early versions wrote it.</summary>
    LegacyOffset = 0,

    /// <summary>A committed offset.</summary>
    Offset = 1,

    /// <summary>A classic group with its members.</summary>
    ClassicGroup = 2,

    /// <summary>The epoch of a consumer group.</summary>
    GroupEpoch = 3,

    /// <summary>The topics of a consumer group, as Kafka wrote them before 4.1; its tombstones only.</summary>
    TopicMetadata = 4,

    /// <summary>What a member of a consumer group said of itself.</summary>
    MemberMetadata = 5,

    /// <summary>The epoch of a consumer group's target.</summary>
    TargetEpoch = 6,

    /// <summary>What a member shall have.</summary>
    TargetAssignment = 7,

    /// <summary>What a member has.</summary>
    CurrentAssignment = 8,

    /// <summary>What a pattern found.</summary>
    Pattern = 16,
}

/// <summary>The key of a stored record within its group.</summary>
/// <param name="Type">What it is about.</param>
/// <param name="Name">The member or the pattern; empty for what a group has once.</param>
internal readonly record struct GroupRecordKey(GroupRecordType Type, string Name)
{
    /// <summary>The one record of a classic group.</summary>
    public static GroupRecordKey Classic { get; } = new(GroupRecordType.ClassicGroup, "");
}
