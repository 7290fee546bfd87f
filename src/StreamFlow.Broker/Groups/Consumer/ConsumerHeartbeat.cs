namespace StreamFlow.Broker.Groups;

/// <summary>A ConsumerGroupHeartbeat request. What is null, or −1, has not changed since the last one.</summary>
internal sealed record ConsumerHeartbeatCommand
{
    /// <summary>The epoch of a member that joins.</summary>
    public const int Joining = 0;

    /// <summary>The epoch of a member that leaves.</summary>
    public const int Leaving = -1;

    /// <summary>The epoch of a static member that leaves and will be back.</summary>
    public const int LeavingForAWhile = -2;

    public required string GroupId { get; init; }

    public required string MemberId { get; init; }

    public required int MemberEpoch { get; init; }

    public string? InstanceId { get; init; }

    public string? RackId { get; init; }

    public int RebalanceTimeoutMs { get; init; } = -1;

    public IReadOnlyList<string>? TopicNames { get; init; }

    public string? TopicPattern { get; init; }

    public string? ServerAssignor { get; init; }

    /// <summary>Which topics its pattern may find: those that the sender may describe. Null where nobody is refused anything.</summary>
    public Func<string, bool>? MaySee { get; init; }

    public IReadOnlySet<TopicIdPartition>? Owned { get; init; }

    public string ClientId { get; init; } = "";

    public string ClientHost { get; init; } = "";

    /// <summary>What it says takes in memory, about; 0 when it says nothing new.</summary>
    public long Bytes => (TopicNames is null ? 0 : MemberMetadata.SizeOf(TopicNames)) + (2L * (TopicPattern?.Length ?? 0));

    public bool IsLeave => MemberEpoch is Leaving or LeavingForAWhile;

    /// <summary>A request that says everything, as after a failure, is answered with everything.</summary>
    public bool IsFull => MemberEpoch == Joining
        || (RebalanceTimeoutMs != -1 && (TopicNames is not null || TopicPattern is not null) && Owned is not null);

    /// <summary>What is wrong with the request by itself, or null; in the words of Kafka 4.3.</summary>
    public (ErrorCode Error, string Message)? Refusal()
    {
        string? message =
            GroupId.Length == 0 ? "GroupId can't be empty."
            : MemberId.Length == 0 ? "MemberId can't be empty."
            : InstanceId?.Length == 0 ? "InstanceId can't be empty."
            : RackId?.Length == 0 ? "RackId can't be empty."
            : MemberEpoch < LeavingForAWhile ? "MemberEpoch is invalid."
            : MemberEpoch == LeavingForAWhile && InstanceId is null ? "InstanceId can't be null."
            : MemberEpoch == Joining ? RefusalOfJoin() : null;
        if (message is not null)
        {
            return (ErrorCode.InvalidRequest, message);
        }

        return ServerAssignor is not null && !ServerAssignors.IsKnown(ServerAssignor)
            ? (ErrorCode.UnsupportedAssignor,
                $"ServerAssignor {ServerAssignor} is not supported. Supported assignors: {ServerAssignors.Names}.")
            : null;
    }

    private string? RefusalOfJoin() =>
        RebalanceTimeoutMs == -1 ? "RebalanceTimeoutMs must be provided in first request."
        : Owned is not { Count: 0 } ? "TopicPartitions must be empty when (re-)joining."
        : TopicNames is null && TopicPattern is null
            ? "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining."
        : null;
}

/// <summary>The answer to a ConsumerGroupHeartbeat.</summary>
internal sealed record ConsumerHeartbeatResult
{
    public required ErrorCode Error { get; init; }

    public string? Message { get; init; }

    public string? MemberId { get; init; }

    public int MemberEpoch { get; init; }

    public int HeartbeatIntervalMs { get; init; }

    /// <summary>What the member shall have now; null when it was told before.</summary>
    public IReadOnlyCollection<TopicIdPartition>? Assignment { get; init; }

    public static ConsumerHeartbeatResult Failed(ErrorCode error, string? message) => new() { Error = error, Message = message };
}
