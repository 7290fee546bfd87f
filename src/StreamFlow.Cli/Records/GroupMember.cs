using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Records;

/// <summary>
/// A member of a consumer group by the classic protocol, which every broker speaks, with the range assignor. Everything happens between two
/// fetches: a session is far longer than one takes.
/// </summary>
internal sealed class GroupMember(Cluster cluster, string group, string[] topics, bool fromBeginning)
{
    private const string Assignor = "range";
    private const string ProtocolType = "consumer";
    private static readonly TimeSpan Session = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CommitEvery = TimeSpan.FromSeconds(5);

    private readonly Dictionary<TopicPartition, long> _committed = [];
    private string _memberId = "";
    private int _generation = -1;
    private bool _isMember;
    private long _heartbeat;
    private long _commit;

    /// <summary>Joins when that is to be done, says that it is alive, and commits what was read.</summary>
    public async Task KeepAsync(RecordFetcher fetcher, CancellationToken ct)
    {
        if (_isMember && cluster.Time.GetElapsedTime(_heartbeat) >= HeartbeatEvery)
        {
            await HeartbeatAsync(fetcher, ct).ConfigureAwait(false);
        }

        if (_isMember && cluster.Time.GetElapsedTime(_commit) >= CommitEvery)
        {
            await CommitAsync(fetcher, ct).ConfigureAwait(false);
        }

        while (!_isMember)
        {
            await JoinAsync(fetcher, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Commits what was read and leaves, so that the others have the partitions at once.</summary>
    public async Task LeaveAsync(RecordFetcher fetcher)
    {
        if (!_isMember)
        {
            return;
        }

        await CommitAsync(fetcher, CancellationToken.None).ConfigureAwait(false);
        BrokerConnection coordinator = await cluster.CoordinatorAsync(group, isTransaction: false, CancellationToken.None).ConfigureAwait(false);
        LeaveGroupRequest request = new() { GroupId = group };
        if (coordinator.VersionOf(ApiKey.LeaveGroup) >= 3)
        {
            request.Members = [new() { MemberId = _memberId, Reason = "it was told to end" }];
        }
        else
        {
            request.MemberId = _memberId;
        }

        await coordinator.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
        _isMember = false;
    }

    private async Task HeartbeatAsync(RecordFetcher fetcher, CancellationToken ct)
    {
        BrokerConnection coordinator = await CoordinatorAsync(ct).ConfigureAwait(false);
        HeartbeatResponse answer = await coordinator.SendAsync(new HeartbeatRequest { GroupId = group, GenerationId = _generation, MemberId = _memberId }, ct).ConfigureAwait(false);
        _heartbeat = cluster.Time.GetTimestamp();
        if (answer.ErrorCode == ErrorCode.RebalanceInProgress)
        {
            await CommitAsync(fetcher, ct).ConfigureAwait(false);
            _isMember = false;
        }
        else if (answer.ErrorCode != ErrorCode.None)
        {
            Forget(answer.ErrorCode);
        }
    }

    private async Task JoinAsync(RecordFetcher fetcher, CancellationToken ct)
    {
        BrokerConnection coordinator = await CoordinatorAsync(ct).ConfigureAwait(false);
        ConsumerProtocolSubscription subscription = new() { Topics = topics };
        JoinGroupResponse joined = await coordinator.SendAsync(
            new JoinGroupRequest
            {
                GroupId = group,
                SessionTimeoutMs = (int)Session.TotalMilliseconds,
                RebalanceTimeoutMs = (int)Session.TotalMilliseconds,
                MemberId = _memberId,
                ProtocolType = ProtocolType,
                Protocols = [new() { Name = Assignor, Metadata = GroupData.Write(subscription.Write, 0) }],
            },
            ct, Session).ConfigureAwait(false);
        if (joined.ErrorCode != ErrorCode.None)
        {
            _memberId = joined.ErrorCode == ErrorCode.MemberIdRequired ? joined.MemberId : _memberId;
            Forget(joined.ErrorCode);
            return;
        }

        (_memberId, _generation) = (joined.MemberId, joined.GenerationId);
        SyncGroupRequest sync = new() { GroupId = group, GenerationId = _generation, MemberId = _memberId, ProtocolType = ProtocolType, ProtocolName = Assignor };
        if (joined.Leader == _memberId && !joined.SkipAssignment)
        {
            sync.Assignments = await AssignAsync(joined.Members, ct).ConfigureAwait(false);
        }

        SyncGroupResponse synced = await coordinator.SendAsync(sync, ct, Session).ConfigureAwait(false);
        if (synced.ErrorCode != ErrorCode.None)
        {
            Forget(synced.ErrorCode);
            return;
        }

        await TakeAsync(fetcher, GroupData.ReadAssignment(synced.Assignment), ct).ConfigureAwait(false);
    }

    private async Task TakeAsync(RecordFetcher fetcher, List<TopicPartition> partitions, CancellationToken ct)
    {
        fetcher.Positions.Clear();
        fetcher.Ends.Clear();
        _committed.Clear();
        Dictionary<TopicPartition, CommittedOffset> committed = await cluster.CommittedAsync(group, partitions, ct).ConfigureAwait(false);
        List<TopicPartition> missing = [.. partitions.Where(p => !committed.ContainsKey(p))];
        var starts = await cluster.ListOffsetsAsync(missing, fromBeginning ? Offsets.Earliest : Offsets.Latest, ct).ConfigureAwait(false);
        foreach (TopicPartition partition in partitions)
        {
            fetcher.Positions[partition] = committed.TryGetValue(partition, out CommittedOffset at) ? at.Offset : starts[partition].Offset;
        }

        _isMember = true;
        _heartbeat = _commit = cluster.Time.GetTimestamp();
    }

    private async Task CommitAsync(RecordFetcher fetcher, CancellationToken ct)
    {
        _commit = cluster.Time.GetTimestamp();
        Dictionary<TopicPartition, long> moved = fetcher.Positions.Where(p => _committed.GetValueOrDefault(p.Key, -1) != p.Value).ToDictionary();
        if (moved.Count == 0)
        {
            return;
        }

        Dictionary<TopicPartition, ErrorCode> refused = await cluster.CommitAsync(group, moved, ct, _memberId, _generation).ConfigureAwait(false);
        foreach ((TopicPartition partition, long offset) in moved.Where(m => !refused.ContainsKey(m.Key)))
        {
            _committed[partition] = offset;
        }

        foreach (ErrorCode error in refused.Values)
        {
            Forget(error);
        }
    }

    private async Task<SyncGroupRequestAssignments[]> AssignAsync(JoinGroupResponseMembers[] members, CancellationToken ct)
    {
        Dictionary<string, string[]> subscriptions = members.ToDictionary(static m => m.MemberId, static m => GroupData.ReadSubscription(m.Metadata));
        Dictionary<TopicPartition, int> leaders = await cluster.LeadersAsync([.. subscriptions.Values.SelectMany(static t => t).Distinct()], ct).ConfigureAwait(false);
        Dictionary<string, List<TopicPartition>> assigned = RangeAssignor.Assign(subscriptions, leaders.Keys.GroupBy(static p => p.Topic).ToDictionary(static t => t.Key, static t => t.Count()));
        return [.. assigned.Select(static a => new SyncGroupRequestAssignments { MemberId = a.Key, Assignment = GroupData.WriteAssignment(a.Value) })];
    }

    /// <summary>Whether it joins anew, as the same member or as another, or gives up.</summary>
    private void Forget(ErrorCode error)
    {
        _isMember = false;
        if (error is ErrorCode.UnknownMemberId or ErrorCode.IllegalGeneration or ErrorCode.FencedInstanceId)
        {
            _memberId = error == ErrorCode.UnknownMemberId ? "" : _memberId;
            _generation = -1;
        }
        else if (error is not (ErrorCode.RebalanceInProgress or ErrorCode.MemberIdRequired) && !Kafka.IsTransient(error))
        {
            throw new KafkaException(error, $"group '{group}'");
        }
    }

    private Task<BrokerConnection> CoordinatorAsync(CancellationToken ct) => cluster.RetryAsync(() => cluster.CoordinatorAsync(group, isTransaction: false, ct), ct);
}
