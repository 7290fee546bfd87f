namespace StreamFlow.Testing.Memory;

/// <summary>One position of a log: a record, or the marker that ends a transaction.</summary>
internal sealed record LogEntry(
    long Offset, long Timestamp, byte[]? Key, byte[]? Value, Headers? Headers, Transaction? Transaction, bool IsControl)
{
    /// <summary>Order of appending over all partitions of the cluster.</summary>
    public long Sequence { get; init; }


    public bool IsVisible(bool readCommitted) =>
        !IsControl && (!readCommitted || Transaction is null or { Outcome: TransactionOutcome.Committed });
}

/// <summary>The log of one partition. Callers hold the cluster's lock.</summary>
internal sealed class PartitionLog(TopicPartition partition)
{
    private readonly List<LogEntry> _entries = [];
    private readonly List<(Transaction Transaction, long First)> _open = [];

    public TopicPartition Partition { get; } = partition;

    public long StartOffset { get; private set; }

    public long HighWatermark => StartOffset + _entries.Count;

    /// <summary>Where records of open transactions begin; the high watermark when there are none.</summary>
    public long LastStableOffset => _open.Count == 0 ? HighWatermark : _open.Min(open => open.First);

    public long End(bool readCommitted) => readCommitted ? LastStableOffset : HighWatermark;

    public LogEntry At(long offset) => _entries[checked((int)(offset - StartOffset))];

    public long Append(LogEntry entry)
    {
        var offset = HighWatermark;
        var transaction = entry.Transaction;
        if (transaction is not null && transaction.Logs.Add(this))
        {
            _open.Add((transaction, offset));
        }

        _entries.Add(entry with { Offset = offset });
        return offset;
    }

    /// <summary>Writes the marker that ends a transaction; like a record it takes an offset, which no reader
    /// sees.</summary>
    public void EndTransaction(Transaction transaction, long timestamp)
    {
        _open.RemoveAll(open => open.Transaction == transaction);
        _entries.Add(new LogEntry(HighWatermark, timestamp, null, null, null, transaction, IsControl: true));
    }

    /// <summary>Deletes the records before an offset, as DeleteRecords does: never beyond the high watermark.</summary>
    public void DeleteBefore(long offset)
    {
        var to = Math.Min(offset, HighWatermark);
        if (to > StartOffset)
        {
            _entries.RemoveRange(0, checked((int)(to - StartOffset)));
            StartOffset = to;
        }
    }
}

/// <summary>A topic of the cluster.</summary>
internal sealed class MemoryTopic
{
    private readonly List<PartitionLog> _partitions = [];

    public MemoryTopic(string name, string id, int partitionCount, IReadOnlyDictionary<string, string>? configs)
    {
        Name = name;
        Id = id;
        Configs = configs ?? new Dictionary<string, string>();
        AddPartitions(partitionCount);
    }

    public string Name { get; }

    /// <summary>Other than that of any topic before or after it.</summary>
    public string Id { get; }

    public IReadOnlyDictionary<string, string> Configs { get; }

    public IReadOnlyList<PartitionLog> Partitions => _partitions;

    /// <summary>Whether the broker replaces the producer's timestamps by its own clock.</summary>
    public bool UsesAppendTime =>
        Configs.TryGetValue("message.timestamp.type", out var type) && type == "LogAppendTime";

    public int MaxMessageBytes =>
        Configs.TryGetValue("max.message.bytes", out var text)
            ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
            : 1_048_588;

    public void AddPartitions(int count)
    {
        while (_partitions.Count < count)
        {
            _partitions.Add(new PartitionLog(new TopicPartition(Name, _partitions.Count)));
        }
    }
}
