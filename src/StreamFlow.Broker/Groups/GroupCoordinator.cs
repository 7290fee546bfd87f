using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace StreamFlow.Broker.Groups;

/// <summary>
/// Drives all groups of the broker: gives their state machines the time, keeps their parked replies, and writes what
/// must outlive a restart. Each group has a lock of its own, under which it is asked and its records are appended, so
/// that the log has them in the order they happened; a disk that is slow for one group holds up no other that need not
/// write. Nothing is answered before what it rests on is durable. A write that fails is answered with "not available",
/// and what it should have said is written with the group's next step.
/// </summary>
/// <remarks>
/// Order of locks: the lock of one group, then either the lock of the log it is appended to, or that of the timers, or
/// that of the transactions. Nobody holds two groups, and replies complete their waiters outside of all of them.
/// </remarks>
internal sealed partial class GroupCoordinator : IDisposable
{
    private readonly GroupCoordinatorOptions _options;
    private readonly GroupJournal _journal;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly ITopicCatalog _topics;
    private readonly ILogger _log;
    private readonly GroupTable _groups = new();
    private readonly GroupTimers _timers;
    private readonly ITimer _retentionTimer;
    private long _lastRequest;
    private long _bytes;
    private volatile bool _isStopped;
    private volatile bool _isFailing;
    private Action? _unsubscribe;

    /// <summary>Loads every group and offset of the log, then is ready for requests.</summary>
    /// <param name="options">Limits and delays.</param>
    /// <param name="journal">The log; this coordinator is its only writer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="topics">The topics that members subscribe to and offsets are committed of.</param>
    /// <param name="log">Takes what an operator should know; null drops it.</param>
    /// <exception cref="InvalidDataException">The log holds a record that cannot be read.</exception>
    public GroupCoordinator(
        GroupCoordinatorOptions options,
        GroupJournal journal,
        TimeProvider time,
        ITopicCatalog topics,
        ILogger? log = null)
    {
        options.Validate();
        _options = options;
        _journal = journal;
        _time = time;
        _started = time.GetTimestamp();
        _topics = topics;
        _log = log ?? NullLogger.Instance;
        _timers = new GroupTimers(time, () => Guarded.Run(_log, "the timer of groups", OnTimer));
        if (journal.IsOffline)
        {
            // To say that there are no offsets would have every consumer begin anew, or skip what it has not read.
            _isStopped = true;
        }
        else
        {
            Load();
        }

        _retentionTimer = time.CreateTimer(
            _ => Guarded.Run(_log, "the expiry of offsets", ExpireOffsets),
            null,
            options.OffsetsRetentionCheckInterval,
            options.OffsetsRetentionCheckInterval);
    }

    /// <summary>The topics that groups know.</summary>
    public ITopicCatalog Topics => _topics;

    /// <summary>Answers everything parked with "not available" and takes no further requests.</summary>
    public void Stop()
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        foreach (CoordinatedGroup group in _groups.All)
        {
            using HeldGroup held = GroupTable.Hold(group);
            if (held.Group is not null)
            {
                group.Machine.Close(Now());
                Apply(group);
            }
        }
    }

    public void Dispose()
    {
        Stop();

        // The store outlives a coordinator that another one takes the place of.
        _unsubscribe?.Invoke();
        _timers.Dispose();
        _retentionTimer.Dispose();
    }

    private static bool IsValidGroupId(string groupId) => groupId.Length > 0 && Fits(groupId);

    private static bool Fits(string? text) => text is null || Encoding.UTF8.GetByteCount(text) <= MaxNameBytes;

    private ClockReading Now() => new(
        (long)_time.GetElapsedTime(_started).TotalMilliseconds,
        _time.GetUtcNow().ToUnixTimeMilliseconds());

    private HeldGroup HoldOrCreate(string groupId) => _groups.HoldOrCreate(groupId, NewGroup);

    private CoordinatedGroup NewGroup(string groupId) => new(new ClassicGroup(groupId, _options, Now()));

    private void OnTimer()
    {
        while (!_isStopped && _timers.TakeDue(Now()) is { } due)
        {
            using HeldGroup held = GroupTable.Hold(due);
            if (held.Group is not null)
            {
                due.Machine.Tick(Now());
                Apply(due);
            }
        }
    }

    /// <summary>Carries out what the state machine asked for, records before replies; the group's lock must be held.</summary>
    private void Apply(CoordinatedGroup group)
    {
        IReadOnlyList<GroupEffect> effects = group.Machine.TakeEffects();
        Write(group, effects);
        foreach (GroupEffect effect in effects)
        {
            switch (effect)
            {
                case JoinReply reply when group.Joins.Remove(reply.Request, out TaskCompletionSource<JoinResult>? join):
                    JoinResult lost = JoinResult.Failed(ErrorCode.CoordinatorNotAvailable, reply.Result.MemberId);
                    Deliver(join, reply.Result, group, lost);
                    break;
                case SyncReply reply when group.Syncs.Remove(reply.Request, out TaskCompletionSource<SyncResult>? sync):
                    Deliver(sync, reply.Result, group, SyncResult.Failed(ErrorCode.CoordinatorNotAvailable));
                    break;
            }
        }

        DowngradeIfClassic(group);
        if (effects.Count > 0 || group.Machine.Kind == GroupKind.Classic)
        {
            Measure(group);
        }

        _timers.Arm(group, Now());
    }

    private static void Deliver<T>(TaskCompletionSource<T> reply, T result, CoordinatedGroup group, T lost)
    {
        Task record = group.LastRecord;
        if (record.IsCompleted)
        {
            reply.TrySetResult(record.IsCompletedSuccessfully ? result : lost);
        }
        else
        {
            _ = DeliverAfterAsync(reply, result, record, lost);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever kept the record from the disk, the parked request must be answered.")]
    private static async Task DeliverAfterAsync<T>(TaskCompletionSource<T> reply, T result, Task record, T lost)
    {
        try
        {
            await record.ConfigureAwait(false);
            reply.TrySetResult(result);
        }
        catch (Exception)
        {
            reply.TrySetResult(lost);
        }
    }
}
