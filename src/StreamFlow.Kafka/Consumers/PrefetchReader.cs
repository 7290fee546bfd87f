using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Consumers;

/// <summary>Reads one partition's prefetch queue and knows how far it was read.</summary>
internal sealed class PrefetchReader : PartitionReader, IDisposable
{
    private readonly QueueHandle _queue;
    private readonly MessageBatch _batch = new();
    private readonly ReaderSignals _signals;
    private long _position;
    private bool _atEnd;
    private long _batchStart = -1;
    private long _replayFrom;
    private long _replayEnd;

    internal PrefetchReader(PartitionOffset start, QueueHandle queue, ReaderSignals signals)
    {
        Partition = start.Partition;
        _queue = queue;
        _signals = signals;
        _position = start.Offset >= 0 ? start.Offset : -1;
    }

    public override TopicPartition Partition { get; }

    public override long Position => _position;

    public override bool AtEnd => _atEnd;

    public override RecordBatch Next()
    {
        var result = _batch.Fill(_queue, _replayFrom, _replayEnd);
        if (_batch.Count > 0)
        {
            _batchStart = _batch.FirstOffset;
            _position = _batch.LastOffset + 1;
            _atEnd = false;
            _replayFrom = _replayEnd = 0;
            if (_batch.Count == MessageBatch.Capacity)
            {
                _signals.MoreExpected();
            }
        }

        if (result.EndOffset >= 0)
        {
            // Behind the last record there may be control records and aborted ones; they count as read.
            _position = result.EndOffset;
            _atEnd = true;
        }

        if (result.Skipped > 0)
        {
            _signals.Skipped(Partition, result.Skipped);
        }

        if (result.Error.IsError)
        {
            _signals.Failed(Partition, result.Error);
        }

        return _batch;
    }

    /// <summary>
    /// The group rebalanced and this partition stays. librdkafka throws the prefetched records away and fetches again
    /// from the last one it knows to be read; it notes that after handing a batch out, so a batch taken at that very
    /// moment would come a second time. From here on it is left out, until another record comes.
    /// </summary>
    internal void GuardAgainstReplay()
    {
        if (_batchStart >= 0)
        {
            _replayFrom = _batchStart;
            _replayEnd = _position;
        }
    }

    /// <summary>Gives back the records that were handed out; the position was moved to another offset.</summary>
    internal void Moved(long offset)
    {
        Release();
        _position = offset >= 0 ? offset : -1;
        _batchStart = -1;
        _replayFrom = _replayEnd = 0;
        _atEnd = false;
    }

    /// <summary>Gives back the records that were handed out.</summary>
    internal void Release() => _batch.Release();

    /// <summary>Ends the reader; its partition is no longer assigned.</summary>
    public void Dispose() => NativeConsumer.CloseQueue(_queue, _batch);
}
