namespace StreamFlow.Broker.Groups;

/// <summary>Where a member is on its way from what it has to what it shall have. The numbers are stored.</summary>
internal enum MemberState : byte
{
    /// <summary>It has all of its target, and nothing else.</summary>
    Stable = 0,

    /// <summary>It was told to give partitions up, and has not said that it did.</summary>
    UnrevokedPartitions = 1,

    /// <summary>It waits for partitions that others still have.</summary>
    UnreleasedPartitions = 2,
}

/// <summary>What only members that speak the classic protocol have (KIP-848, "online migration").</summary>
internal sealed record ClassicMemberMetadata(int SessionTimeoutMs, IReadOnlyList<GroupProtocol> Protocols)
{
    public bool Equals(ClassicMemberMetadata? other) => other is not null
        && SessionTimeoutMs == other.SessionTimeoutMs
        && Protocols.Count == other.Protocols.Count
        && Protocols.Zip(other.Protocols).All(static pair => pair.First.Name == pair.Second.Name
            && pair.First.Metadata.AsSpan().SequenceEqual(pair.Second.Metadata));

    public override int GetHashCode() => HashCode.Combine(SessionTimeoutMs, Protocols.Count);
}

/// <summary>What a member has said of itself.</summary>
internal sealed record MemberMetadata
{
    private const int BytesOfOne = 600;
    private const int BytesOfName = 48;

    public string? InstanceId { get; init; }

    public string? RackId { get; init; }

    public required string ClientId { get; init; }

    /// <summary>As "/127.0.0.1".</summary>
    public required string ClientHost { get; init; }

    /// <summary>How long it may take to give partitions up.</summary>
    public required int RebalanceTimeoutMs { get; init; }

    /// <summary>Sorted and without repetitions.</summary>
    public IReadOnlyList<string> TopicNames { get; init; } = [];

    /// <summary>Empty when the member subscribes by names only.</summary>
    public string TopicPattern { get; init; } = "";

    /// <summary>The assignor it asks for, or null.</summary>
    public string? ServerAssignor { get; init; }

    /// <summary>Null for a member of the consumer protocol.</summary>
    public ClassicMemberMetadata? Classic { get; init; }

    /// <summary>What it takes in memory, about.</summary>
    public long Bytes => BytesOfOne + SizeOf(TopicNames) + (Classic is null ? 0 : GroupProtocol.SizeOf(Classic.Protocols))
        + (2L * ((InstanceId?.Length ?? 0) + (RackId?.Length ?? 0) + ClientId.Length + ClientHost.Length + TopicPattern.Length));

    /// <summary>What names take in memory, about.</summary>
    public static long SizeOf(IReadOnlyList<string> names)
    {
        long bytes = 0;
        foreach (string name in names)
        {
            bytes += BytesOfName + (2L * name.Length);
        }

        return bytes;
    }

    public bool Equals(MemberMetadata? other) => other is not null
        && InstanceId == other.InstanceId
        && RackId == other.RackId
        && ClientId == other.ClientId
        && ClientHost == other.ClientHost
        && RebalanceTimeoutMs == other.RebalanceTimeoutMs
        && TopicNames.SequenceEqual(other.TopicNames)
        && TopicPattern == other.TopicPattern
        && ServerAssignor == other.ServerAssignor
        && Equals(Classic, other.Classic);

    public override int GetHashCode() => HashCode.Combine(InstanceId, ClientId, TopicNames.Count, TopicPattern);
}

/// <summary>What a member has, and what it is told. Never changed in place.</summary>
internal sealed record CurrentAssignment
{
    private static readonly Dictionary<TopicIdPartition, int> Nothing = [];

    /// <summary>The epoch that fences it; −2 while a static member is away.</summary>
    public required int MemberEpoch { get; init; }

    /// <summary>Accepted once more, since the answer that carried the next one may have been lost.</summary>
    public required int PreviousMemberEpoch { get; init; }

    public required MemberState State { get; init; }

    /// <summary>What it may consume, with the epoch it was assigned in.</summary>
    public IReadOnlyDictionary<TopicIdPartition, int> Assigned { get; init; } = Nothing;

    /// <summary>What it must give up first, with the epoch it was assigned in.</summary>
    public IReadOnlyDictionary<TopicIdPartition, int> PendingRevocation { get; init; } = Nothing;

    /// <summary>A newcomer: without an epoch and without partitions.</summary>
    public static CurrentAssignment None { get; } =
        new() { MemberEpoch = 0, PreviousMemberEpoch = 0, State = MemberState.Stable };

    /// <summary>The partitions it has, those included that it must give up.</summary>
    public int Count => Assigned.Count + PendingRevocation.Count;

    public bool HasReached(int targetEpoch) => State == MemberState.Stable && MemberEpoch == targetEpoch;
}
