using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Consumers;

/// <summary>Reads one partition's prefetch queue and knows how far it was read.</summary>
internal sealed class PrefetchReader : PartitionReader, IDisposable
{
    private readonly NativeConsumer _native;
    private readonly QueueHandle _queue;
    private readonly MessageBatch _batch = new();
    private readonly ReaderSignals _signals;
    private long _position;
    private bool _atEnd;
    private bool _startsAtCommitted;
    private bool _hasRead;

    internal PrefetchReader(PartitionOffset start, NativeConsumer native, ReaderSignals signals)
    {
        Partition = start.Partition;
        _native = native;
        _queue = native.OpenQueue(start.Partition);
        _signals = signals;
        _position = start.Offset >= 0 ? start.Offset : -1;
        _startsAtCommitted = start.Offset == PartitionOffset.Stored;
    }

    public override TopicPartition Partition { get; }

    public override long Position => _position;

    public override bool AtEnd => _atEnd;

    /// <summary>
    /// The end of the partition is told half a second after its last record, when the broker has had nothing for so long. What
    /// came with that record tells it at once; before the first record it may be that of an assignment long ago.
    /// </summary>
    public override bool MoreExpected => !_atEnd && (!_hasRead || _native.LastKnownEnd(Partition) > _position);

    public override long KnownEnd => _native.LastKnownEnd(Partition) is var end and >= 0 ? end : -1;

    public override RecordBatch Next()
    {
        var result = _batch.Fill(_queue, _position);
        if (result.GoesBack)
        {
            LeaveOutRepeated();
        }

        if (_batch.Count > 0)
        {
            _position = _batch.LastOffset + 1;
            _atEnd = false;
            _hasRead = true;
        }

        if (result.IsFull)
        {
            _signals.MoreExpected();
        }

        if (result.EndOffset >= 0)
        {
            // Behind the last record there may be control records and aborted ones; they count as read.
            _position = result.EndOffset;
            _atEnd = true;
        }

        if (result.Error.IsError)
        {
            _signals.Failed(Partition, result.Error);
        }

        return _batch;
    }

    /// <summary>The group's committed offset, now that it is known: a reader that starts from it begins there.</summary>
    internal void Committed(long offset)
    {
        if (_startsAtCommitted && _position < 0)
        {
            _position = offset;
        }
    }

    /// <summary>Gives back the records that were handed out; the position was moved to another offset.</summary>
    internal void Moved(long offset)
    {
        Release();
        _position = offset >= 0 ? offset : -1;
        _startsAtCommitted = false;
        _atEnd = _hasRead = false;
    }

    /// <summary>Gives back the records that were handed out.</summary>
    internal void Release() => _batch.Release();

    /// <summary>Ends the reader; its partition is no longer assigned.</summary>
    public void Dispose() => NativeConsumer.CloseQueue(_queue, _batch);

    /// <summary>
    /// librdkafka fetches some records again. A rebalance sets the partitions that stay back to the last record that it knows
    /// to be read, and it notes that after handing a batch out. One whose beginning was being asked for then is set back to
    /// that half a second later. Whoever reads a partition gets each record once, until the position is moved. Only a log that
    /// ends before the position is another one (truncated, or created anew), and read from where librdkafka begins in it.
    /// </summary>
    private void LeaveOutRepeated()
    {
        if (_native.LastKnownEnd(Partition) >= _position)
        {
            _signals.Repeated(Partition, _batch.DropRepeated(_position), _position);
        }
    }
}
