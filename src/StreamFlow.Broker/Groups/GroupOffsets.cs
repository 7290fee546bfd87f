namespace StreamFlow.Broker.Groups;

/// <summary>A committed offset.</summary>
/// <param name="Offset">The next offset the group wants to read.</param>
/// <param name="LeaderEpoch">The leader epoch of the last consumed record, or −1.</param>
/// <param name="Metadata">The committer's note, returned verbatim.</param>
/// <param name="CommitTimestampMs">When it was committed, in milliseconds since 1970-01-01 UTC.</param>
internal sealed record CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long CommitTimestampMs);

/// <summary>
/// The committed offsets of one group. A commit is <see cref="Append">appended</see> when it is in the log and
/// becomes readable when it is <see cref="Settle">durable</see>; in between its partition is unstable. Of two
/// commits the one later in the log wins.
/// </summary>
internal sealed class GroupOffsets
{
    private readonly Dictionary<OffsetKey, Entry> _entries = [];

    /// <summary>Partitions with an offset, be it readable yet or not.</summary>
    public int Count => _entries.Count;

    public IEnumerable<OffsetKey> Keys => _entries.Keys;

    /// <summary>What the log says last, readable or not: what a snapshot of the log must hold.</summary>
    public IEnumerable<KeyValuePair<OffsetKey, CommittedOffset>> Latest =>
        _entries.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value.Latest));

    /// <summary>Notes a commit that is in the log at <paramref name="logOffset"/> but may not be durable.</summary>
    public void Append(OffsetKey key, CommittedOffset value, long logOffset)
    {
        if (!_entries.TryGetValue(key, out Entry? entry))
        {
            entry = new Entry { Latest = value, FirstLogOffset = logOffset };
            _entries.Add(key, entry);
        }

        entry.Latest = value;
        entry.InFlight++;
    }

    /// <summary>Makes an appended commit readable.</summary>
    public void Settle(OffsetKey key, CommittedOffset value, long logOffset)
    {
        // The entry may be gone, or another one: its offsets were deleted after the commit.
        if (!_entries.TryGetValue(key, out Entry? entry) || logOffset < entry.FirstLogOffset)
        {
            return;
        }

        entry.InFlight--;
        if (logOffset >= entry.ReadableLogOffset)
        {
            entry.Readable = value;
            entry.ReadableLogOffset = logOffset;
        }
    }

    /// <summary>The durable offset, or null when there is none.</summary>
    public CommittedOffset? Find(OffsetKey key) => _entries.GetValueOrDefault(key)?.Readable;

    public bool Contains(OffsetKey key) => _entries.ContainsKey(key);

    /// <summary>True while a commit of this partition is not settled: its offset may be about to change.</summary>
    public bool IsUnstable(OffsetKey key) => _entries.GetValueOrDefault(key) is { InFlight: > 0 };

    public void Remove(OffsetKey key) => _entries.Remove(key);

    /// <summary>The keys whose offsets nobody has used for the retention time. Unstable ones are never among them.</summary>
    public List<OffsetKey> Expired(Group group, long retentionMs, long nowUnixMs)
    {
        var expired = new List<OffsetKey>();
        foreach ((OffsetKey key, Entry entry) in _entries)
        {
            if (entry.InFlight == 0 && UnusedSince(group, key, entry.Latest) is long since
                && nowUnixMs - since >= retentionMs)
            {
                expired.Add(key);
            }
        }

        return expired;
    }

    private static long? UnusedSince(Group group, OffsetKey key, CommittedOffset offset)
    {
        if (group.ProtocolType is null)
        {
            return offset.CommitTimestampMs;
        }

        if (group.State == GroupState.Empty)
        {
            // An administrator may commit to a group that has been empty for long; that offset starts its own time.
            return Math.Max(group.StateTimestampMs, offset.CommitTimestampMs);
        }

        bool isIdleTopic = group.State == GroupState.Stable && group.IsConsumerGroup && !group.MaySubscribe(key.Topic);
        return isIdleTopic ? offset.CommitTimestampMs : null;
    }

    private sealed class Entry
    {
        public required CommittedOffset Latest { get; set; }


        public CommittedOffset? Readable { get; set; }

        public long ReadableLogOffset { get; set; } = -1;

        public int InFlight { get; set; }

        public long FirstLogOffset { get; init; }
    }
}
