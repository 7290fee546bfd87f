namespace StreamFlow.Broker.Groups;

/// <summary>Which protocol a group is coordinated by.</summary>
internal enum GroupKind : byte
{
    /// <summary>JoinGroup and SyncGroup: a member assigns the partitions.</summary>
    Classic,

    /// <summary>ConsumerGroupHeartbeat (KIP-848): the coordinator assigns them.</summary>
    Consumer,
}

/// <summary>
/// A group of either kind as a pure state machine: commands and the time go in, effects come out. Not thread-safe: the
/// coordinator calls it under the lock of the group.
/// </summary>
internal interface IGroup
{
    string GroupId { get; }

    GroupKind Kind { get; }

    GroupState State { get; }

    /// <summary>"consumer" for consumers, anything for others, null while the group only holds offsets.</summary>
    string? ProtocolType { get; }

    /// <summary>True while a member id was handed out and its owner has not joined.</summary>
    bool HasPendingIds { get; }

    /// <summary>What its members take in memory, about.</summary>
    long Bytes { get; }

    /// <summary>What one member takes; 0 when there is no such member.</summary>
    long BytesOf(string memberId);

    /// <summary>Monotonic milliseconds of the next <see cref="Tick"/> that can matter.</summary>
    long NextDeadline();

    /// <summary>Hands over what has to be done since the last call, in order.</summary>
    IReadOnlyList<GroupEffect> TakeEffects();

    /// <summary>Acts on every deadline that has come.</summary>
    void Tick(ClockReading now);

    /// <summary>A JoinGroup; <paramref name="nonce"/> makes the member id unique, should one be needed.</summary>
    void Join(JoinCommand command, long request, string nonce, ClockReading now);

    void Sync(SyncCommand command, long request, ClockReading now);

    ErrorCode Heartbeat(HeartbeatCommand command, ClockReading now);

    ErrorCode Leave(MemberToLeave leaving, ClockReading now);

    /// <summary>Forgets a parked request whose connection is gone.</summary>
    void Abandon(long request, ClockReading now);

    /// <summary>Answers everything parked and ends the group.</summary>
    void Close(ClockReading now);

    /// <summary>Says whether an offset commit is allowed, and counts it as a sign of life.</summary>
    ErrorCode AdmitCommit(CommitCommand command, bool isTransactional, ClockReading now);

    /// <summary>Says whether a member may read offsets. A null member with epoch −1 is somebody who is none.</summary>
    ErrorCode AdmitFetch(string? memberId, int memberEpoch);

    /// <summary>Whether a member of this group of consumers may read the topic.</summary>
    bool MaySubscribe(string topic);

    /// <summary>
    /// Since when nobody has used an offset, in milliseconds since 1970-01-01 UTC; null while somebody may.
    /// </summary>
    long? UnusedSince(string topic, long commitTimestampMs);

    /// <summary>As DescribeGroups shows it.</summary>
    GroupDescription Describe();
}
