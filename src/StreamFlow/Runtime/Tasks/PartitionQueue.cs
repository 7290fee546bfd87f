using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// The records of one input partition that wait for their task: the batch at hand and the position in it.
/// Invariant: everything before <see cref="CommitOffset"/> is processed, nothing from it on is.
/// </summary>
internal sealed class PartitionQueue
{
    private readonly PartitionReader _reader;
    private readonly SourceProcessor _source;
    private readonly RecordContext? _record;
    private RecordBatch? _batch;
    private int _index;
    private int _count;
    private long _committed = -1;

    /// <param name="reader">Reads the partition.</param>
    /// <param name="source">Knows the time of its records.</param>
    /// <param name="committedOffset">The committed position, or -1.</param>
    /// <param name="partitionTime">Largest event time before that.</param>
    /// <param name="record">Shows which record is looked at; null: nobody looks.</param>
    public PartitionQueue(
        PartitionReader reader, SourceProcessor source, long committedOffset, long partitionTime, RecordContext? record = null)
    {
        _record = record;
        _reader = reader;
        _source = source;
        _committed = committedOffset;
        PartitionTime = partitionTime;
    }

    public TopicPartition Partition => _reader.Partition;

    /// <summary>What is committed beside its positions.</summary>
    public PositionNotes Notes { get; set; } = new(string.Empty, string.Empty);

    /// <summary>Looks where its keys lie; null: nobody minds.</summary>
    public KeyPlacement? Placement { get; init; }

    /// <summary>Counts of the partition; null: nobody looks.</summary>
    public SourceCounts? Counts { get; init; }

    public SourceProcessor Source => _source;

    public RecordBatch Batch => _batch!;

    public int Index => _index;

    /// <summary>Offset of the first record taken; -1 before it.</summary>
    public long FirstOffset { get; private set; } = -1;

    /// <summary>Event time of the record at the head; valid when <see cref="TryLoadHead"/> was true.</summary>
    public long HeadTimestamp { get; private set; }

    /// <summary>Whether the head's time could be read; otherwise it cannot be deserialized.</summary>
    public bool IsHeadReadable { get; private set; }

    /// <summary>Largest event time taken from this partition; -1 before the first.</summary>
    public long PartitionTime { get; private set; }

    /// <summary>When the end was first seen with nothing left, as a timestamp of the clock; null while there are records.</summary>
    public long? IdleSince { get; set; }

    /// <summary>Whether the task goes on without this partition until its run is over.</summary>
    public bool IsLeftOut { get; set; }

    /// <summary>Where the run at hand began; -1 when that was not known.</summary>
    public long RunStart { get; set; } = -1;

    /// <summary>Whether nothing is left and the broker has nothing either.</summary>
    public bool AtEnd => _index >= _count && _reader.AtEnd;

    /// <summary>Whether a record is here.</summary>
    public bool HasHead => _index < _count;

    /// <summary>Whether nothing is here, but records are on the broker.</summary>
    public bool Awaits => _index >= _count && _reader.MoreExpected;

    /// <summary>Whether anything was processed since the last commit.</summary>
    public bool CommitNeeded
    {
        get
        {
            var offset = CommitOffset;
            return offset >= 0 && offset != _committed;
        }
    }

    /// <summary>Offset of the next record to process; behind skipped control records too. -1 while unknown.</summary>
    public long CommitOffset => _index < _count ? _batch!.Read(_index).Offset : _reader.Position;

    /// <summary>Makes the next record the head, taking a new batch when the last one is used up.</summary>
    public bool TryLoadHead()
    {
        if (_index >= _count)
        {
            _batch = _reader.Next();
            _count = _batch.Count;
            _index = 0;
            if (_count == 0)
            {
                return false;
            }

            IdleSince = null;
            if (FirstOffset < 0)
            {
                FirstOffset = _batch.Read(0).Offset;
            }

            ReadHeadTimestamp();
        }

        return true;
    }

    /// <summary>The head is processed.</summary>
    public void Advance()
    {
        if (IsHeadReadable && HeadTimestamp > PartitionTime)
        {
            PartitionTime = HeadTimestamp;
        }

        if (++_index < _count)
        {
            ReadHeadTimestamp();
        }
    }

    public void MarkCommitted(long offset) => _committed = offset;

    /// <summary>Drops the batch at hand, whose records are about to be read again or by somebody else.</summary>
    public void Clear()
    {
        _index = 0;
        _count = 0;
    }

    /// <summary>Shows how far the partition is.</summary>
    public void ShowCounts() => Counts?.Show(_reader.KnownEnd, CommitOffset, _count - _index);

    private void ReadHeadTimestamp()
    {
        if (!_source.ReadsTimestampFromRecord)
        {
            HeadTimestamp = _batch!.Timestamp(_index);
            IsHeadReadable = true;
            return;
        }

        var record = _batch!.Read(_index);
        var headers = _batch.ReadHeaders(_index);

        // A record that cannot be read goes to the error handler when its turn comes, at once: it must not hold the
        // partition back, nor move the time.
        var (topic, partition, offset) = (_record?.Topic, _record?.Partition, _record?.Offset);
        _record?.Show(Partition.Topic, Partition.Partition, record.Offset);
        IsHeadReadable = _source.TryExtractTimestamp(in record, headers, PartitionTime, out var timestamp);
        _record?.Show(topic!, partition!.Value, offset!.Value);
        HeadTimestamp = IsHeadReadable ? timestamp : PartitionTime;
    }
}
