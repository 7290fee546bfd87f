using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Groups;

/// <summary>
/// Drives all groups of the broker: gives their state machines the time, keeps their parked replies, and writes what
/// must outlive a restart. One lock guards everything; replies complete their waiters outside of it. Nothing is
/// answered before what it rests on is durable, and after a failed write nothing is answered but "not available":
/// what the disk holds is then unknown until the next start.
/// </summary>
internal sealed partial class GroupCoordinator : IDisposable
{
    /// <summary>Strings are stored with a 16-bit length; member ids add a suffix to one of them.</summary>
    private const int MaxNameBytes = short.MaxValue - 64;

    private const string ClassicType = "classic";

    private readonly Lock _lock = new();
    private readonly GroupCoordinatorOptions _options;
    private readonly GroupJournal _journal;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly Func<OffsetKey, bool> _partitionExists;
    private readonly ILogger _log;
    private readonly Dictionary<string, CoordinatedGroup> _groups = [];
    private readonly Dictionary<long, TaskCompletionSource<JoinResult>> _joins = [];
    private readonly Dictionary<long, TaskCompletionSource<SyncResult>> _syncs = [];
    private readonly GroupTimers _timers;
    private readonly ITimer _retentionTimer;
    private long _lastRequest;
    private bool _isStopped;

    /// <summary>Loads every group and offset of the log, then is ready for requests.</summary>
    /// <param name="options">Limits and delays.</param>
    /// <param name="journal">The log; this coordinator is its only writer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="partitionExists">Says whether offsets of a partition may be committed. Called under the lock.</param>
    /// <param name="log">Takes what an operator should know; null drops it.</param>
    /// <exception cref="InvalidDataException">The log holds a record that cannot be read.</exception>
    public GroupCoordinator(
        GroupCoordinatorOptions options,
        GroupJournal journal,
        TimeProvider time,
        Func<OffsetKey, bool> partitionExists,
        ILogger? log = null)
    {
        options.Validate();
        _options = options;
        _journal = journal;
        _time = time;
        _started = time.GetTimestamp();
        _partitionExists = partitionExists;
        _log = log ?? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
        _timers = new GroupTimers(time, () => Guarded.Run(_log, "the timer of groups", OnTimer));
        Load();
        _retentionTimer = time.CreateTimer(
            _ => Guarded.Run(_log, "the expiry of offsets", ExpireOffsets), null, options.OffsetsRetentionCheckInterval, options.OffsetsRetentionCheckInterval);
    }

    /// <summary>Answers a JoinGroup once the generation is formed.</summary>
    /// <exception cref="OperationCanceledException">The connection went away while the request was parked.</exception>
    public ValueTask<JoinResult> JoinAsync(JoinCommand command, CancellationToken connectionGone)
    {
        ErrorCode refusal = CheckJoin(command);
        if (refusal != ErrorCode.None)
        {
            return new(JoinResult.Failed(refusal, command.MemberId));
        }

        var reply = new TaskCompletionSource<JoinResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        CoordinatedGroup? group;
        long request;
        lock (_lock)
        {
            if (_isStopped)
            {
                return new(JoinResult.Failed(ErrorCode.CoordinatorNotAvailable, command.MemberId));
            }

            group = command.MemberId.Length == 0 ? FindOrCreate(command.GroupId) : Find(command.GroupId);
            if (group is null)
            {
                return new(JoinResult.Failed(ErrorCode.UnknownMemberId, command.MemberId));
            }

            request = ++_lastRequest;
            _joins.Add(request, reply);
            group.Group.Join(command, request, Guid.NewGuid().ToString(), Now());
            Apply(group);
        }

        return AwaitReplyAsync(reply, group, request, connectionGone);
    }

    /// <summary>Answers a SyncGroup once the leader's assignment is there and durable.</summary>
    /// <exception cref="OperationCanceledException">The connection went away while the request was parked.</exception>
    public ValueTask<SyncResult> SyncAsync(SyncCommand command, CancellationToken connectionGone)
    {
        if (!IsValidGroupId(command.GroupId))
        {
            return new(SyncResult.Failed(ErrorCode.InvalidGroupId));
        }

        var reply = new TaskCompletionSource<SyncResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        CoordinatedGroup? group;
        long request;
        lock (_lock)
        {
            group = Find(command.GroupId);
            if (_isStopped || group is null)
            {
                return new(SyncResult.Failed(
                    _isStopped ? ErrorCode.CoordinatorNotAvailable : ErrorCode.UnknownMemberId));
            }

            request = ++_lastRequest;
            _syncs.Add(request, reply);
            group.Group.Sync(command, request, Now());
            Apply(group);
        }

        return AwaitReplyAsync(reply, group, request, connectionGone);
    }

    public ErrorCode Heartbeat(HeartbeatCommand command)
    {
        if (!IsValidGroupId(command.GroupId))
        {
            return ErrorCode.InvalidGroupId;
        }

        lock (_lock)
        {
            return _isStopped ? ErrorCode.CoordinatorNotAvailable
                : Find(command.GroupId)?.Group.Heartbeat(command, Now()) ?? ErrorCode.UnknownMemberId;
        }
    }

    /// <summary>Removes members at their own or an administrator's wish.</summary>
    public LeaveResult Leave(string groupId, IReadOnlyList<MemberToLeave> members)
    {
        if (!IsValidGroupId(groupId))
        {
            return new LeaveResult(ErrorCode.InvalidGroupId, []);
        }

        lock (_lock)
        {
            if (_isStopped)
            {
                return new LeaveResult(ErrorCode.CoordinatorNotAvailable, []);
            }

            CoordinatedGroup? group = Find(groupId);
            var errors = new ErrorCode[members.Count];
            for (int i = 0; i < errors.Length; i++)
            {
                errors[i] = group?.Group.Leave(members[i], Now()) ?? ErrorCode.UnknownMemberId;
            }

            if (group is not null)
            {
                Apply(group);
            }

            return new LeaveResult(ErrorCode.None, errors);
        }
    }

    /// <summary>Answers everything parked with "not available" and takes no further requests.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            if (_isStopped)
            {
                return;
            }

            _isStopped = true;
            foreach (CoordinatedGroup group in _groups.Values)
            {
                group.Group.Close(Now());
                Apply(group);
            }
        }
    }

    public void Dispose()
    {
        Stop();
        _timers.Dispose();
        _retentionTimer.Dispose();
    }

    private ErrorCode CheckJoin(JoinCommand command)
    {
        if (!IsValidGroupId(command.GroupId))
        {
            return ErrorCode.InvalidGroupId;
        }

        if (command.SessionTimeoutMs < _options.MinSessionTimeout.TotalMilliseconds
            || command.SessionTimeoutMs > _options.MaxSessionTimeout.TotalMilliseconds)
        {
            return ErrorCode.InvalidSessionTimeout;
        }

        bool fits = Fits(command.InstanceId) && Fits(command.ClientId) && Fits(command.ClientHost)
            && Fits(command.ProtocolType) && command.Protocols.All(static protocol => Fits(protocol.Name));
        return fits && command.RebalanceTimeoutMs >= 0 ? ErrorCode.None : ErrorCode.InvalidRequest;
    }

    private static bool IsValidGroupId(string groupId) => groupId.Length > 0 && Fits(groupId);

    private static bool Fits(string? text) => text is null || Encoding.UTF8.GetByteCount(text) <= MaxNameBytes;

    private ClockReading Now() => new(
        (long)_time.GetElapsedTime(_started).TotalMilliseconds,
        _time.GetUtcNow().ToUnixTimeMilliseconds());

    private CoordinatedGroup? Find(string groupId) => _groups.GetValueOrDefault(groupId);

    private CoordinatedGroup FindOrCreate(string groupId)
    {
        if (!_groups.TryGetValue(groupId, out CoordinatedGroup? group))
        {
            group = new CoordinatedGroup(new Group(groupId, _options, Now()));
            _groups.Add(groupId, group);
        }

        return group;
    }

    private async ValueTask<T> AwaitReplyAsync<T>(
        TaskCompletionSource<T> reply, CoordinatedGroup group, long request, CancellationToken connectionGone)
    {
        if (reply.Task.IsCompleted)
        {
            return await reply.Task.ConfigureAwait(false);
        }

        using (connectionGone.UnsafeRegister(_ => Abandon(group, request, connectionGone), null))
        {
            return await reply.Task.ConfigureAwait(false);
        }
    }

    private void Abandon(CoordinatedGroup group, long request, CancellationToken connectionGone)
    {
        lock (_lock)
        {
            // A reply that only waits for the disk has left the tables, and completes by itself.
            if (_joins.Remove(request, out TaskCompletionSource<JoinResult>? join))
            {
                join.TrySetCanceled(connectionGone);
            }
            else if (_syncs.Remove(request, out TaskCompletionSource<SyncResult>? sync))
            {
                sync.TrySetCanceled(connectionGone);
            }

            group.Group.Abandon(request, Now());
            Apply(group);
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_isStopped)
            {
                return;
            }

            while (_timers.TakeDue(Now()) is CoordinatedGroup due)
            {
                due.Group.Tick(Now());
                Apply(due);
            }
        }
    }

    /// <summary>Carries out what the state machine asked for, in its order.</summary>
    private void Apply(CoordinatedGroup group)
    {
        foreach (GroupEffect effect in group.Group.TakeEffects())
        {
            switch (effect)
            {
                case PersistGroup persist:
                    WriteRecord(group, persist.Snapshot);
                    break;
                case JoinReply reply when _joins.Remove(reply.Request, out TaskCompletionSource<JoinResult>? join):
                    JoinResult lost = JoinResult.Failed(ErrorCode.CoordinatorNotAvailable, reply.Result.MemberId);
                    Deliver(join, reply.Result, group.LastRecord, lost);
                    break;
                case SyncReply reply when _syncs.Remove(reply.Request, out TaskCompletionSource<SyncResult>? sync):
                    Deliver(sync, reply.Result, group.LastRecord, SyncResult.Failed(ErrorCode.CoordinatorNotAvailable));
                    break;
            }
        }

        _timers.Arm(group, Now());
    }

    private void Deliver<T>(TaskCompletionSource<T> reply, T result, Task record, T lost)
    {
        if (record.IsCompletedSuccessfully)
        {
            reply.TrySetResult(result);
        }
        else
        {
            _ = DeliverAfterAsync(reply, result, record, lost);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever kept the record from the disk, the parked request must be answered.")]
    private async Task DeliverAfterAsync<T>(TaskCompletionSource<T> reply, T result, Task record, T lost)
    {
        try
        {
            await record.ConfigureAwait(false);
            reply.TrySetResult(result);
        }
        catch (Exception failure)
        {
            Fail(failure);
            reply.TrySetResult(lost);
        }
    }

    /// <summary>A write failed: from here on the log and the memory may differ, so nothing is promised any more.</summary>
    private void Fail(Exception failure)
    {
        lock (_lock)
        {
            if (!_isStopped)
            {
                GroupLog.Stopped(_log, failure.Message);
                Stop();
            }
        }
    }
}
