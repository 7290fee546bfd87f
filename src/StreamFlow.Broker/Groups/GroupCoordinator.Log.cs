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
        var coordinator = new GroupCoordinator(
            options, journal, time, key => store.GetPartition(key.Topic, key.Partition) is not null, log);
        store.TopicDeleted += topic => _ = coordinator.ForgetTopicAsync(topic.Name);
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

        foreach ((string groupId, GroupSnapshot stored) in replay.Groups)
        {
            var group = new CoordinatedGroup(Group.Restore(groupId, stored, _options, now)) { HasRecord = true };
            _groups.Add(groupId, group);
            _timers.Arm(group, now);
        }

        foreach (((string groupId, OffsetKey key), (CommittedOffset value, long logOffset)) in replay.Offsets)
        {
            GroupOffsets owner = FindOrCreate(groupId).Offsets;
            owner.Append(key, value, logOffset);
            owner.Settle(key, value, logOffset);
        }

        foreach ((long producerId, string groupId, OffsetKey key, (CommittedOffset value, long logOffset))
            in replay.Pending)
        {
            Pend(FindOrCreate(groupId), producerId, key, value, logOffset);
        }

        // A crash may have come between the deletion of a topic and that of its offsets.
        foreach (CoordinatedGroup group in _groups.Values)
        {
            RemoveOffsets(group, [.. group.Offsets.Keys.Where(key => !_partitionExists(key))]);
        }

        _ = TryAwaitAsync(AppendDeletions());
    }

    private void WriteRecord(CoordinatedGroup group, GroupSnapshot snapshot)
    {
        if (_isStopped)
        {
            return;
        }

        _journal.AddGroup(group.Group.GroupId, snapshot, Now().UnixMs);
        JournalWrite write = _journal.Append();
        if (write.Error == ErrorCode.None)
        {
            group.HasRecord = true;
            Follow(group, write.Durable);
        }
        else if (write.IsTooLarge)
        {
            GroupLog.RecordTooLarge(_log, group.Group.GroupId, snapshot.Members.Count);
        }
        else
        {
            Follow(group, Task.FromException(new IOException($"the append was refused with {write.Error}")));
        }
    }

    /// <summary>Replies wait for the record by themselves, but a failure must be noticed without any.</summary>
    private void Follow(CoordinatedGroup group, Task durable)
    {
        group.LastRecord = durable;
        if (!durable.IsCompletedSuccessfully)
        {
            _ = TryAwaitAsync(durable);
        }
    }

    private void RemoveGroup(CoordinatedGroup group)
    {
        group.Group.Close(Now());
        Apply(group);
        _groups.Remove(group.Group.GroupId);
        if (group.HasRecord)
        {
            _journal.AddGroupTombstone(group.Group.GroupId, Now().UnixMs);
        }
    }

    /// <summary>Appends the deletions collected so far, if there are any.</summary>
    private Task AppendDeletions()
    {
        if (!_journal.HasRecords)
        {
            return Task.CompletedTask;
        }

        JournalWrite write = _journal.Append();
        return write.Error == ErrorCode.None
            ? write.Durable
            : Task.FromException(new IOException($"the append was refused with {write.Error}"));
    }

    /// <summary>Waits for the disk; false, and the end of this coordinator, when it failed.</summary>
    private async Task<bool> TryAwaitAsync(Task durable)
    {
        try
        {
            await durable.ConfigureAwait(false);
            return true;
        }
        catch (IOException failure)
        {
            Fail(failure);
            return false;
        }
    }
}
