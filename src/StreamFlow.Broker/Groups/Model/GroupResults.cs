namespace StreamFlow.Broker.Groups;

/// <summary>A member as the leader sees it in its join reply.</summary>
internal sealed record JoinedMember(string MemberId, string? InstanceId, byte[] Metadata);

/// <summary>The answer to a JoinGroup. Null names stand for "none" and need "" on the wire below version 7.</summary>
internal sealed record JoinResult
{
    public required ErrorCode Error { get; init; }

    public int GenerationId { get; init; } = -1;

    public string? ProtocolType { get; init; }

    public string? ProtocolName { get; init; }

    public string Leader { get; init; } = "";

    public required string MemberId { get; init; }

    public bool SkipAssignment { get; init; }

    /// <summary>Everyone to the leader, nobody to a follower.</summary>
    public IReadOnlyList<JoinedMember> Members { get; init; } = [];

    public static JoinResult Failed(ErrorCode error, string memberId) => new() { Error = error, MemberId = memberId };
}

/// <summary>The answer to a SyncGroup.</summary>
internal sealed record SyncResult(ErrorCode Error, string? ProtocolType, string? ProtocolName, byte[] Assignment)
{
    public static SyncResult Failed(ErrorCode error) => new(error, null, null, []);
}

/// <summary>The answer to a LeaveGroup: one error per member asked for, in order, unless the whole failed.</summary>
internal sealed record LeaveResult(ErrorCode Error, IReadOnlyList<ErrorCode> MemberErrors);

/// <summary>One answered offset; −1 means none is committed.</summary>
internal sealed record FetchedOffset(OffsetKey Key, long Offset, int LeaderEpoch, string Metadata, ErrorCode Error);

/// <summary>The answer to an OffsetFetch for one group.</summary>
internal sealed record FetchOffsetsResult(ErrorCode Error, IReadOnlyList<FetchedOffset> Offsets);

/// <summary>A member as DescribeGroups shows it.</summary>
internal sealed record MemberDescription(
    string MemberId, string? InstanceId, string ClientId, string ClientHost, byte[] Metadata, byte[] Assignment);

/// <summary>A group as DescribeGroups shows it.</summary>
internal sealed record GroupDescription
{
    public required ErrorCode Error { get; init; }

    public required string GroupId { get; init; }

    /// <summary>Why there is nothing to show, in words; null without an error.</summary>
    public string? Message { get; init; }

    public required GroupState State { get; init; }

    public string ProtocolType { get; init; } = "";

    /// <summary>The chosen protocol; empty unless the group is stable.</summary>
    public string ProtocolName { get; init; } = "";

    public IReadOnlyList<MemberDescription> Members { get; init; } = [];
}

/// <summary>A group as ListGroups shows it.</summary>
internal sealed record GroupListing(string GroupId, string ProtocolType, GroupState State, GroupKind Kind);

/// <summary>The answer to an OffsetDelete: one error per partition asked for, in order, unless the whole failed.</summary>
internal sealed record OffsetDeleteResult(ErrorCode Error, IReadOnlyList<ErrorCode> PartitionErrors);
