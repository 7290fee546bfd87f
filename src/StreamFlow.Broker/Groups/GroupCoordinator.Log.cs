using StreamFlow.Broker.Protocol;

namespace StreamFlow.Broker.Groups;

/// <content>What is written when, and how it comes back.</content>
internal sealed partial class GroupCoordinator
{
    private void Load()
    {
        GroupTime now = Now();
        var offsets = new Dictionary<(string GroupId, OffsetKey Key), (CommittedOffset Value, long LogOffset)>();
        var groups = new Dictionary<string, GroupSnapshot>();
        foreach (JournalRecord record in _journal.ReadAll())
        {
            switch (record)
            {
                case { Key: OffsetKey key, Offset: null }:
                    offsets.Remove((record.GroupId, key));
                    break;
                case { Key: OffsetKey key, Offset: CommittedOffset value }:
                    offsets[(record.GroupId, key)] = (value, record.LogOffset);
                    break;
                case { Group: null }:
                    groups.Remove(record.GroupId);
                    break;
                default:
                    groups[record.GroupId] = record.Group;
                    break;
            }
        }

        foreach ((string groupId, GroupSnapshot stored) in groups)
        {
            var group = new CoordinatedGroup(Group.Restore(groupId, stored, _options, now)) { HasRecord = true };
            _groups.Add(groupId, group);
            _timers.Arm(group, now);
        }

        foreach (((string groupId, OffsetKey key), (CommittedOffset value, long logOffset)) in offsets)
        {
            GroupOffsets owner = FindOrCreate(groupId).Offsets;
            owner.Append(key, value, logOffset);
            owner.Settle(key, value, logOffset);
        }
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
            _warn?.Invoke(
                $"The record of group '{group.Group.GroupId}' ({snapshot.Members.Count} members) is too large for the"
                + " log. The group works on, but its members will have to rejoin after a restart of the broker.");
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
