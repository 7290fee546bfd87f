namespace StreamFlow.Broker.Groups;

/// <summary>A group as ConsumerGroupDescribe shows it.</summary>
internal sealed record ConsumerGroupDescription
{
    public required ErrorCode Error { get; init; }

    public string? Message { get; init; }

    public required string GroupId { get; init; }

    /// <summary>Null when there is an error.</summary>
    public GroupState? State { get; init; }

    public int GroupEpoch { get; init; }

    public int TargetEpoch { get; init; }

    public string AssignorName { get; init; } = "";

    public IReadOnlyList<ConsumerMemberDescription> Members { get; init; } = [];

    public static ConsumerGroupDescription Failed(string groupId, ErrorCode error, string? message) =>
        new() { Error = error, Message = message, GroupId = groupId };
}

/// <summary>A member as ConsumerGroupDescribe shows it.</summary>
/// <param name="MemberId">Its id.</param>
/// <param name="Metadata">What it said of itself.</param>
/// <param name="MemberEpoch">Its epoch.</param>
/// <param name="Assigned">What it has, with what it is still giving up.</param>
/// <param name="Target">What it shall have.</param>
internal sealed record ConsumerMemberDescription(
    string MemberId,
    MemberMetadata Metadata,
    int MemberEpoch,
    IReadOnlyList<(TopicInfo Topic, int[] Partitions)> Assigned,
    IReadOnlyList<(TopicInfo Topic, int[] Partitions)> Target);
