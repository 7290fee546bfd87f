namespace StreamFlow.Broker.Groups;

/// <content>What others see of the group, and whether they may touch its offsets.</content>
internal sealed partial class ConsumerGroup
{
    /// <summary>First version of OffsetCommit whose errors a member of this protocol understands.</summary>
    private const int FirstCommitVersion = 9;

    public ErrorCode AdmitCommit(CommitCommand command, bool isTransactional, ClockReading now)
    {
        // Somebody who is no member, as an administrator is, may commit while there is none; a transaction that names
        // no member has nothing to check.
        bool namesMember = command.GenerationId >= 0 || command.MemberId.Length > 0 || command.InstanceId is not null;
        if ((command.GenerationId < 0 && _image.Members.Count == 0) || (isTransactional && !namesMember))
        {
            return ErrorCode.None;
        }

        if (!_image.Members.TryGetValue(command.MemberId, out MemberMetadata? member))
        {
            return ErrorCode.UnknownMemberId;
        }

        bool isClassic = member.Classic is not null;
        if (!isTransactional && !isClassic && command.ApiVersion < FirstCommitVersion)
        {
            return ErrorCode.UnsupportedVersion;
        }

        if (!IsOfItsTime(command, isClassic))
        {
            return isTransactional || isClassic ? ErrorCode.IllegalGeneration : ErrorCode.StaleMemberEpoch;
        }

        return ErrorCode.None;
    }

    public ErrorCode AdmitFetch(string? memberId, int memberEpoch)
    {
        if (memberId is null && memberEpoch < 0)
        {
            return ErrorCode.None;
        }

        if (!_image.Members.TryGetValue(memberId ?? "", out MemberMetadata? member))
        {
            return ErrorCode.UnknownMemberId;
        }

        return memberEpoch == _image.CurrentOf(memberId!).MemberEpoch ? ErrorCode.None
            : member.Classic is not null ? ErrorCode.IllegalGeneration
            : ErrorCode.StaleMemberEpoch;
    }

    public bool MaySubscribe(string topic) => _image.Members.Values.Any(member => NamesOf(member).Contains(topic));

    public long? UnusedSince(string topic, long commitTimestampMs) => MaySubscribe(topic) ? null : commitTimestampMs;

    /// <summary>DescribeGroups does not know groups of this kind; its newest version says so.</summary>
    public GroupDescription Describe() => new()
    {
        Error = ErrorCode.GroupIdNotFound,
        Message = $"Group {GroupId} is not a classic group.",
        GroupId = GroupId,
        State = GroupState.Dead,
    };

    /// <summary>As ConsumerGroupDescribe shows it.</summary>
    public ConsumerGroupDescription DescribeConsumers() => new()
    {
        Error = ErrorCode.None,
        GroupId = GroupId,
        State = State,
        GroupEpoch = _image.GroupEpoch,
        TargetEpoch = _image.TargetEpoch,
        AssignorName = AssignorName(),
        Members =
        [
            .. _image.Members.Select(member => new ConsumerMemberDescription(
                member.Key,
                member.Value,
                _image.CurrentOf(member.Key).MemberEpoch,
                Named(_image.CurrentOf(member.Key).Assigned.Keys.Concat(_image.CurrentOf(member.Key).PendingRevocation.Keys)),
                Named(_image.TargetOf(member.Key)))),
        ],
    };

    /// <summary>The members as a classic group is made of, when only such are left.</summary>
    public IReadOnlyList<MemberSeed> ClassicMembers() =>
    [
        .. from member in _image.Members
           where member.Value.Classic is not null
           let classic = member.Value.Classic
           select new MemberSeed(
               new MemberSnapshot(
                   member.Key,
                   member.Value.InstanceId,
                   member.Value.ClientId,
                   member.Value.ClientHost,
                   member.Value.RebalanceTimeoutMs,
                   classic.SessionTimeoutMs,
                   classic.Protocols[0].Metadata,
                   ClassicAssignment(classic.Protocols[0], _image.CurrentOf(member.Key).Assigned.Keys)),
               classic.Protocols),
    ];

    /// <summary>The tombstones of everything that is stored of the group.</summary>
    public IReadOnlyList<ConsumerGroupRecord> Tombstones() => !_image.HasEpoch ? [] :
    [
        .. _image.Members.Keys.Select(static id => new CurrentAssignmentRecord(id, null)),
        .. _image.Targets.Keys.Select(static id => new TargetAssignmentRecord(id, null)),
        new TargetEpochRecord(null, 0),
        .. _image.Members.Keys.Select(static id => new MemberMetadataRecord(id, null)),
        .. _image.Patterns.Keys.Select(static pattern => new PatternRecord(pattern, null)),
        new GroupEpochRecord(null, 0),
    ];

    /// <summary>What is to be stored under a key by now.</summary>
    public ConsumerGroupRecord RecordOf(GroupRecordKey key) => _image.RecordOf(key);

    /// <summary>
    /// The epoch of the member, or an earlier one that all the partitions were assigned in: then nobody else has had them
    /// since, and the commit of a member that is on its way to the next epoch is not lost (KIP-1251).
    /// </summary>
    private bool IsOfItsTime(CommitCommand command, bool isClassic)
    {
        CurrentAssignment current = _image.CurrentOf(command.MemberId);
        if (isClassic || command.GenerationId >= current.MemberEpoch)
        {
            return command.GenerationId == current.MemberEpoch;
        }

        return command.Offsets.All(offset => _topics.Find(offset.Key.Topic) is { } topic
            && current.Assigned.TryGetValue(new TopicIdPartition(topic.Id, offset.Key.Partition), out int epoch)
            && command.GenerationId >= epoch);
    }

    private (TopicInfo Topic, int[] Partitions)[] Named(IEnumerable<TopicIdPartition> partitions) =>
    [
        .. from partition in partitions
           group partition.Partition by partition.TopicId into byTopic
           let topic = _topics.Find(byTopic.Key)
           where topic is not null
           orderby topic.Name
           select (topic, byTopic.Order().ToArray()),
    ];
}
