using Microsoft.Extensions.Logging;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Groups;

/// <content>What is written when, and how it comes back.</content>
internal sealed partial class GroupCoordinator
{
    /// <summary>The internal topic, as in Kafka; here with a single partition.</summary>
    public const string TopicName = "__consumer_offsets";

    /// <summary>
    /// Opens the coordinator of a data directory on its internal topic, which is created the first time, and follows
    /// the deletion of topics.
    /// </summary>
    /// <param name="store">Must outlive the coordinator.</param>
    /// <param name="options">Limits and delays.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Takes what an operator should know; null drops it.</param>
    /// <exception cref="IOException">The topic could not be created.</exception>
    /// <exception cref="InvalidDataException">The log holds a record that cannot be read.</exception>
    public static GroupCoordinator Open(
        TopicStore store, GroupCoordinatorOptions options, TimeProvider time, ILogger? log = null)
    {
        if (store.GetTopic(TopicName) is null)
        {
            TopicResult created = store.CreateTopic(TopicName, 1, GroupJournal.TopicSettings);
            if (!created.IsSuccess)
            {
                throw new IOException($"The topic {TopicName} cannot be created: {created.Message}");
            }
        }

        var journal = new GroupJournal(store.GetPartition(TopicName, 0)!);
        var coordinator = new GroupCoordinator(options, journal, time, new TopicCatalog(store), log);
        void Forget(Topic topic) => _ = coordinator.ForgetTopicAsync(topic.Name);
        store.TopicDeleted += Forget;
        coordinator._unsubscribe = () => store.TopicDeleted -= Forget;
        return coordinator;
    }

    private void Load()
    {
        ClockReading now = Now();
        var replay = new JournalReplay();
        foreach (JournalRecord record in _journal.ReadAll())
        {
            replay.Apply(record);
        }

        LoadGroups(replay, now);
        foreach (((string groupId, OffsetKey key), (CommittedOffset value, long logOffset)) in replay.Offsets)
        {
            using HeldGroup held = HoldOrCreate(groupId);
            held.Group!.Offsets.Append(key, value, logOffset);
            held.Group.Offsets.Settle(key, value, logOffset);
        }

        foreach ((long producerId, string groupId, OffsetKey key, (CommittedOffset value, long logOffset))
            in replay.Pending)
        {
            using HeldGroup held = HoldOrCreate(groupId);
            held.Group!.Offsets.AppendTransactional(producerId, key, value, logOffset);
            Enlist(producerId, held.Group);
        }

        // A crash may have come between the deletion of a topic and that of its offsets.
        foreach (CoordinatedGroup group in _groups.All)
        {
            using HeldGroup held = GroupTable.Hold(group);
            _ = RemoveAsync(group, group.Offsets.Keys.Where(key => !Exists(key)), withGroup: false);
            Measure(group);
        }
    }

    /// <summary>Both kinds of a group are never there together: what makes the one takes back the other.</summary>
    private void LoadGroups(JournalReplay replay, ClockReading now)
    {
        foreach ((string groupId, GroupSnapshot stored) in replay.Groups)
        {
            Load(new CoordinatedGroup(ClassicGroup.Restore(groupId, stored, _options, now)) { HasClassicRecord = true });
        }

        foreach ((string groupId, ConsumerGroupImage image) in replay.Consumers)
        {
            Load(new CoordinatedGroup(new ConsumerGroup(groupId, _options, _topics, image, now)));
        }

        void Load(CoordinatedGroup group)
        {
            _groups.Add(group);
            _timers.Arm(group, now);
        }
    }

    /// <summary>
    /// Writes the records among the effects, and before them what could not be written earlier, as one batch.
    /// </summary>
    private void Write(CoordinatedGroup group, IReadOnlyList<GroupEffect> effects)
    {
        if (_isStopped)
        {
            return;
        }

        using JournalBatch batch = _journal.Rent();
        var keys = new HashSet<GroupRecordKey>();
        long nowMs = Now().UnixMs;
        foreach (GroupRecordKey key in group.Unwritten)
        {
            Add(batch, group, key, nowMs);
            keys.Add(key);
        }

        foreach (GroupEffect effect in effects)
        {
            if (effect is PersistGroup classic)
            {
                batch.AddGroup(group.GroupId, classic.Snapshot, nowMs);
                keys.Add(GroupRecordKey.Classic);
            }

            foreach (ConsumerGroupRecord record in (effect as PersistConsumerGroup)?.Records ?? [])
            {
                batch.Add(group.GroupId, record, nowMs);
                keys.Add(record.Key);
            }
        }

        if (batch.HasRecords)
        {
            Append(group, batch, keys);
        }
    }

    private void Append(CoordinatedGroup group, JournalBatch batch, HashSet<GroupRecordKey> keys)
    {
        JournalWrite write = batch.Append();
        if (write.IsTooLarge)
        {
            GroupLog.RecordTooLarge(_log, group.GroupId);
            group.Unwritten.Clear();
            return;
        }

        if (write.Error != ErrorCode.None)
        {
            NoteFailure($"the append was refused with {write.Error}");
            group.Unwritten.UnionWith(keys);
            group.LastRecord = Task.FromException(new IOException($"the append was refused with {write.Error}"));
            return;
        }

        group.Unwritten.Clear();
        if (keys.Contains(GroupRecordKey.Classic))
        {
            group.HasClassicRecord = group.Machine.Kind == GroupKind.Classic;
        }

        group.LastRecord = write.Durable;
        if (!write.Durable.IsCompletedSuccessfully)
        {
            _ = FollowAsync(group, write.Durable, keys);
        }
    }

    /// <summary>Replies wait for the record by themselves; what did not reach the disk is written again.</summary>
    private async Task FollowAsync(CoordinatedGroup group, Task durable, HashSet<GroupRecordKey> keys)
    {
        if (!await TryAwaitAsync(durable).ConfigureAwait(false))
        {
            using HeldGroup held = GroupTable.Hold(group);
            held.Group?.Unwritten.UnionWith(keys);
        }
    }

    /// <summary>Adds what is to be stored under a key by now.</summary>
    private static void Add(JournalBatch batch, CoordinatedGroup group, GroupRecordKey key, long nowMs)
    {
        if (key != GroupRecordKey.Classic)
        {
            batch.Add(
                group.GroupId,
                group.Machine is ConsumerGroup consumers ? consumers.RecordOf(key) : ConsumerGroupRecord.Tombstone(key),
                nowMs);
        }
        else if (group.Machine is ClassicGroup classic)
        {
            batch.AddGroup(group.GroupId, classic.Snapshot(), nowMs);
        }
        else
        {
            batch.AddGroupTombstone(group.GroupId, nowMs);
        }
    }

    private static void AddTombstones(JournalBatch batch, CoordinatedGroup group, long nowMs)
    {
        foreach (ConsumerGroupRecord record in (group.Machine as ConsumerGroup)?.Tombstones() ?? [])
        {
            batch.Add(group.GroupId, record, nowMs);
        }

        if (group.HasClassicRecord)
        {
            batch.AddGroupTombstone(group.GroupId, nowMs);
        }
    }

    /// <summary>Waits for the disk; false when it failed.</summary>
    private async Task<bool> TryAwaitAsync(Task durable)
    {
        try
        {
            await durable.ConfigureAwait(false);
            NoteSuccess();
            return true;
        }
        catch (IOException failure)
        {
            NoteFailure(failure.Message);
            return false;
        }
    }

    /// <summary>Says once that the log cannot be written, however many groups find out.</summary>
    private void NoteFailure(string reason)
    {
        if (!_isFailing && !_isStopped)
        {
            _isFailing = true;
            GroupLog.Failing(_log, reason);
        }
    }

    private void NoteSuccess()
    {
        if (_isFailing)
        {
            _isFailing = false;
            GroupLog.Recovered(_log);
        }
    }
}
