namespace StreamFlow.Broker.Groups;

/// <summary>
/// One group of the consumer protocol (KIP-848) as a pure state machine. The coordinator assigns the partitions: what
/// members subscribe to raises the epoch of the group, for which a target assignment is computed, towards which each
/// member goes by itself with its heartbeats: it gives up first, then takes what others have given up. Members that
/// speak the classic protocol may be among them.
/// </summary>
internal sealed partial class ConsumerGroup : IGroup
{
    private const long BytesOfPartition = 64;
    private const int BytesOfName = 48;

    private readonly GroupCoordinatorOptions _options;
    private readonly ITopicCatalog _topics;
    private readonly ConsumerGroupImage _image;
    private readonly Dictionary<string, MemberDeadlines> _deadlines = [];
    private readonly List<ConsumerGroupRecord> _records = [];
    private readonly List<GroupEffect> _effects = [];
    private readonly Dictionary<string, Search> _searches = [];
    private long _seenTopics = -1;

    /// <param name="groupId">The group.</param>
    /// <param name="options">Limits and delays.</param>
    /// <param name="topics">The topics there are.</param>
    /// <param name="image">What was stored of it; members found there get a fresh session.</param>
    /// <param name="now">The time.</param>
    public ConsumerGroup(
        string groupId, GroupCoordinatorOptions options, ITopicCatalog topics, ConsumerGroupImage image, ClockReading now)
    {
        GroupId = groupId;
        _options = options;
        _topics = topics;
        _image = image;
        foreach (string memberId in image.Members.Keys)
        {
            Touch(memberId, now);
            WatchRevocation(memberId, image.CurrentOf(memberId), now);
        }
    }

    public string GroupId { get; }

    public GroupKind Kind => GroupKind.Consumer;

    public string? ProtocolType => ConsumerProtocol.Type;

    public bool HasPendingIds => false;

    public long Bytes => _image.Members.Keys.Sum(BytesOf)
        + _image.Patterns.Sum(static x => (2L * x.Key.Length) + (BytesOfName * (long)x.Value.Topics.Count));

    public long BytesOf(string memberId) => _image.Members.TryGetValue(memberId, out MemberMetadata? member)
        ? member.Bytes + (2L * memberId.Length) + (BytesOfPartition * (_image.TargetOf(memberId).Count + _image.CurrentOf(memberId).Count))
        : 0;

    public int GroupEpoch => _image.GroupEpoch;

    public int TargetEpoch => _image.TargetEpoch;

    public int MemberCount => _image.Members.Count;

    public bool IsDead { get; private set; }

    public GroupState State => IsDead ? GroupState.Dead
        : _image.Members.Count == 0 ? GroupState.Empty
        : _image.GroupEpoch > _image.TargetEpoch ? GroupState.Assigning
        : _image.Members.Keys.All(member => _image.CurrentOf(member).HasReached(_image.TargetEpoch)) ? GroupState.Stable
        : GroupState.Reconciling;

    private ConsumerGroupOptions Settings => _options.ConsumerSettings(GroupId);

    public IReadOnlyList<GroupEffect> TakeEffects()
    {
        if (_records.Count == 0 && _effects.Count == 0)
        {
            return [];
        }

        // The records first: no reply may leave before what it rests on is stored.
        GroupEffect[] taken = _records.Count == 0
            ? [.. _effects]
            : [new PersistConsumerGroup([.. _records]), .. _effects];
        _records.Clear();
        _effects.Clear();
        return taken;
    }

    /// <summary>Answers a ConsumerGroupHeartbeat that <see cref="ConsumerHeartbeatCommand.Refusal"/> found in order.</summary>
    public ConsumerHeartbeatResult Heartbeat(ConsumerHeartbeatCommand command, ClockReading now)
    {
        if (command.IsLeave)
        {
            return Leave(command, now);
        }

        if (Admit(command) is { } refusal)
        {
            return refusal;
        }

        if (!TryReadPattern(command.TopicPattern, out ConsumerHeartbeatResult? invalid))
        {
            return invalid!;
        }

        if (command.MemberEpoch == ConsumerHeartbeatCommand.Joining)
        {
            TakeOverInstance(command.InstanceId, command.MemberId);
        }

        CurrentAssignment before = _image.CurrentOf(command.MemberId);
        MemberMetadata metadata = MetadataOf(command);
        ResolvePattern(metadata.TopicPattern, command.MaySee, now);
        Subscribe(command.MemberId, metadata, command.Owned, now);
        CurrentAssignment after = _image.CurrentOf(command.MemberId);
        return new ConsumerHeartbeatResult
        {
            Error = ErrorCode.None,
            MemberId = command.MemberId,
            MemberEpoch = after.MemberEpoch,
            HeartbeatIntervalMs = (int)Settings.HeartbeatInterval.TotalMilliseconds,
            Assignment = command.IsFull || !HasSame(before, after) ? [.. after.Assigned.Keys] : null,
        };
    }

    public long NextDeadline()
    {
        long next = GroupDeadline.Never;
        foreach (MemberDeadlines deadlines in _deadlines.Values)
        {
            next = Math.Min(next, deadlines.Next);
        }

        return next;
    }

    public void Tick(ClockReading now)
    {
        string[] late = [.. _deadlines.Where(x => x.Value.Next <= now.MonotonicMs).Select(static x => x.Key)];
        if (late.Length > 0)
        {
            Remove(late, now);
        }
    }

    public void Close(ClockReading now)
    {
        IsDead = true;
        _deadlines.Clear();
    }

    /// <summary>Nothing is parked in a group of this kind: every request is answered at once.</summary>
    public void Abandon(long request, ClockReading now)
    {
    }

    private static bool HasSame(CurrentAssignment one, CurrentAssignment other) =>
        one.Assigned.Count == other.Assigned.Count && one.Assigned.Keys.All(other.Assigned.ContainsKey);

    private MemberMetadata MetadataOf(ConsumerHeartbeatCommand command)
    {
        MemberMetadata? known = _image.Members.GetValueOrDefault(command.MemberId);
        return new MemberMetadata
        {
            InstanceId = command.InstanceId ?? known?.InstanceId,
            RackId = command.RackId ?? known?.RackId,
            ClientId = command.ClientId,
            ClientHost = command.ClientHost,
            RebalanceTimeoutMs = command.RebalanceTimeoutMs == -1
                ? known?.RebalanceTimeoutMs ?? -1 : command.RebalanceTimeoutMs,
            TopicNames = command.TopicNames is { } names ? Sorted(names) : known?.TopicNames ?? [],
            TopicPattern = command.TopicPattern ?? known?.TopicPattern ?? "",
            ServerAssignor = command.ServerAssignor ?? known?.ServerAssignor,
        };
    }

    private static string[] Sorted(IEnumerable<string> names) => [.. names.Distinct().Order(StringComparer.Ordinal)];

    private void Write(ConsumerGroupRecord record)
    {
        _image.Apply(record);
        _records.Add(record);
    }

    private void Touch(string memberId, ClockReading now)
    {
        int timeoutMs = _image.Members[memberId].Classic?.SessionTimeoutMs
            ?? (int)Settings.SessionTimeout.TotalMilliseconds;
        DeadlinesOf(memberId).Session = now.MonotonicMs + timeoutMs;
    }

    private void WatchRevocation(string memberId, CurrentAssignment current, ClockReading now)
    {
        bool mustRevoke = current.State == MemberState.UnrevokedPartitions;
        DeadlinesOf(memberId).Revocation =
            mustRevoke ? now.MonotonicMs + _image.Members[memberId].RebalanceTimeoutMs : GroupDeadline.Never;
    }

    private MemberDeadlines DeadlinesOf(string memberId)
    {
        if (!_deadlines.TryGetValue(memberId, out MemberDeadlines? deadlines))
        {
            _deadlines.Add(memberId, deadlines = new MemberDeadlines());
        }

        return deadlines;
    }

    /// <summary>By when a member must have done what, in monotonic milliseconds; whoever is late is removed.</summary>
    private sealed class MemberDeadlines
    {
        /// <summary>Send any sign of life.</summary>
        public long Session { get; set; } = GroupDeadline.Never;

        /// <summary>Give partitions up.</summary>
        public long Revocation { get; set; } = GroupDeadline.Never;

        /// <summary>Join anew, for a member of the classic protocol that was told to.</summary>
        public long Join { get; set; } = GroupDeadline.Never;

        /// <summary>Ask for the assignment, for a member of the classic protocol that has joined.</summary>
        public long Sync { get; set; } = GroupDeadline.Never;

        public long Next => Math.Min(Math.Min(Session, Revocation), Math.Min(Join, Sync));
    }
}
