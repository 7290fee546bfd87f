namespace StreamFlow.Broker.Groups;

/// <summary>A committed offset.</summary>
/// <param name="Offset">The next offset the group wants to read.</param>
/// <param name="LeaderEpoch">The leader epoch of the last consumed record, or −1.</param>
/// <param name="Metadata">The committer's note, returned verbatim.</param>
/// <param name="CommitTimestampMs">When it was committed, in milliseconds since 1970-01-01 UTC.</param>
internal sealed record CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long CommitTimestampMs);

/// <summary>
/// The committed offsets of one group. A commit is <see cref="Append">appended</see> when it is in the log and
/// becomes readable when it is <see cref="Settle">durable</see>; one that belongs to a transaction
/// <see cref="AppendTransactional">stays pending</see> until the transaction ends. In between its partition is
/// unstable. Of two commits the one later in the log wins, whenever it becomes readable.
/// </summary>
internal sealed class GroupOffsets
{
    private const int BytesOfOne = 250;

    private readonly Dictionary<OffsetKey, Entry> _entries = [];
    private readonly Dictionary<long, Dictionary<OffsetKey, Pending>> _transactions = [];

    /// <summary>What the offsets take in memory, about.</summary>
    public long Bytes { get; private set; }

    /// <summary>Partitions with an offset, be it readable yet or not.</summary>
    public int Count => _transactions.Count == 0 ? _entries.Count : Keys.Count();

    public IEnumerable<OffsetKey> Keys => _transactions.Count == 0
        ? _entries.Keys
        : _entries.Keys.Union(_transactions.Values.SelectMany(static pending => pending.Keys));

    /// <summary>What the log says last, readable or not, open transactions aside.</summary>
    public IEnumerable<KeyValuePair<OffsetKey, CommittedOffset>> Latest =>
        _entries.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value.Latest));

    /// <summary>Notes a commit that is in the log at <paramref name="logOffset"/> but may not be durable.</summary>
    public void Append(OffsetKey key, CommittedOffset value, long logOffset)
    {
        Entry entry = GetOrAdd(key, value, logOffset);
        Bytes += SizeOf(value) - SizeOf(entry.Latest);
        entry.Latest = value;
        entry.LatestLogOffset = logOffset;
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
        entry.MakeReadable(value, logOffset);
    }

    /// <summary>
    /// Gives up an appended commit that may not have reached the disk: its client was told so, and whether it counts
    /// shows after the next start.
    /// </summary>
    public void Abandon(OffsetKey key, long logOffset)
    {
        if (_entries.TryGetValue(key, out Entry? entry) && logOffset >= entry.FirstLogOffset)
        {
            entry.InFlight--;
        }
    }

    /// <summary>Notes a commit that counts only if the producer's open transaction commits.</summary>
    public void AppendTransactional(long producerId, OffsetKey key, CommittedOffset value, long logOffset)
    {
        if (!_transactions.TryGetValue(producerId, out Dictionary<OffsetKey, Pending>? pending))
        {
            _transactions.Add(producerId, pending = []);
        }

        Bytes += SizeOf(value) - (pending.TryGetValue(key, out Pending before) ? SizeOf(before.Value) : 0);
        pending[key] = new Pending(value, logOffset);
    }

    /// <summary>Ends the producer's transaction: its offsets become readable, or are forgotten.</summary>
    public void EndTransaction(long producerId, bool commit)
    {
        if (!_transactions.Remove(producerId, out Dictionary<OffsetKey, Pending>? pending))
        {
            return;
        }

        Bytes -= pending.Values.Sum(static x => SizeOf(x.Value));
        if (!commit)
        {
            return;
        }

        foreach ((OffsetKey key, (CommittedOffset value, long logOffset)) in pending)
        {
            Entry entry = GetOrAdd(key, value, logOffset);
            if (logOffset >= entry.LatestLogOffset)
            {
                Bytes += SizeOf(value) - SizeOf(entry.Latest);
                entry.Latest = value;
                entry.LatestLogOffset = logOffset;
            }

            entry.MakeReadable(value, logOffset);
        }
    }

    /// <summary>The durable offset, or null when there is none.</summary>
    public CommittedOffset? Find(OffsetKey key) => _entries.GetValueOrDefault(key)?.Readable;

    public bool Contains(OffsetKey key) => _entries.ContainsKey(key) || IsPending(key);

    /// <summary>True while a commit of this partition is not settled: its offset may be about to change.</summary>
    public bool IsUnstable(OffsetKey key) =>
        _entries.GetValueOrDefault(key) is { InFlight: > 0 } || IsPending(key);

    /// <summary>Forgets a partition's offset, and what open transactions would make of it.</summary>
    public void Remove(OffsetKey key)
    {
        if (_entries.Remove(key, out Entry? entry))
        {
            Bytes -= SizeOf(entry.Latest);
        }

        foreach ((long producerId, Dictionary<OffsetKey, Pending> pending) in _transactions)
        {
            // Removing from a dictionary while it is enumerated is allowed.
            if (pending.Remove(key, out Pending forgotten))
            {
                Bytes -= SizeOf(forgotten.Value);
                if (pending.Count == 0)
                {
                    _transactions.Remove(producerId);
                }
            }
        }
    }

    /// <summary>The keys whose offsets nobody has used for the retention time. Unstable ones are never among them.</summary>
    public List<OffsetKey> Expired(IGroup group, long retentionMs, long nowUnixMs)
    {
        var expired = new List<OffsetKey>();
        foreach ((OffsetKey key, Entry entry) in _entries)
        {
            if (entry.InFlight == 0 && group.UnusedSince(key.Topic, entry.Latest.CommitTimestampMs) is long since
                && nowUnixMs - since >= retentionMs && !IsPending(key))
            {
                expired.Add(key);
            }
        }

        return expired;
    }

    /// <summary>How much more would be held with this commit.</summary>
    public long Growth(OffsetKey key, string metadata) => _entries.TryGetValue(key, out Entry? entry)
        ? 2L * (metadata.Length - entry.Latest.Metadata.Length)
        : BytesOfOne + (2L * metadata.Length);

    private static long SizeOf(CommittedOffset value) => BytesOfOne + (2L * value.Metadata.Length);

    private bool IsPending(OffsetKey key)
    {
        foreach (Dictionary<OffsetKey, Pending> pending in _transactions.Values)
        {
            if (pending.ContainsKey(key))
            {
                return true;
            }
        }

        return false;
    }

    private Entry GetOrAdd(OffsetKey key, CommittedOffset value, long logOffset)
    {
        if (!_entries.TryGetValue(key, out Entry? entry))
        {
            entry = new Entry { Latest = value, LatestLogOffset = logOffset, FirstLogOffset = logOffset };
            _entries.Add(key, entry);
            Bytes += SizeOf(value);
        }

        return entry;
    }

    private readonly record struct Pending(CommittedOffset Value, long LogOffset);

    private sealed class Entry
    {
        public required CommittedOffset Latest { get; set; }

        public required long LatestLogOffset { get; set; }

        public CommittedOffset? Readable { get; private set; }

        public int InFlight { get; set; }

        public long FirstLogOffset { get; init; }

        private long ReadableLogOffset { get; set; } = -1;

        public void MakeReadable(CommittedOffset value, long logOffset)
        {
            if (logOffset >= ReadableLogOffset)
            {
                Readable = value;
                ReadableLogOffset = logOffset;
            }
        }
    }
}
