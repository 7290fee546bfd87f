using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Producers;

/// <summary>
/// Sends again what was refused together, in smaller and smaller batches, until a record that is refused was alone. Nothing
/// new is taken meanwhile (<see cref="IsActive"/>), and each step waits until what is on its way is acknowledged or refused.
/// </summary>
/// <remarks>
/// librdkafka sends what stands behind a refused batch at once, before anybody hears of the refusal. Of these records the
/// ones with the keys of refused ones are sent once more, behind them: so the last record of a key in the log is the last one
/// that was produced, and whoever reads on from the first repetition reads each key's records in their order.
/// </remarks>
internal sealed class RefusedBatches(string clientId, ILogger logger)
{
    private readonly Dictionary<(nint Topic, int Partition), Trouble> _troubles = [];

    /// <summary>Whether records are waiting to be sent again.</summary>
    internal bool IsActive => _troubles.Count > 0;

    /// <summary>How many records are waiting.</summary>
    internal int Count => _troubles.Values.Sum(trouble => trouble.Count);

    /// <summary>A record was refused together with others.</summary>
    internal void Add(ReportedRecord record)
    {
        if (!_troubles.TryGetValue((record.Topic, record.Partition), out var trouble))
        {
            _troubles.Add((record.Topic, record.Partition), trouble = new Trouble());
        }

        trouble.Refused(record);
    }

    /// <summary>A record was delivered while others are waiting.</summary>
    internal void Delivered(ReportedRecord record)
    {
        if (_troubles.TryGetValue((record.Topic, record.Partition), out var trouble))
        {
            trouble.Delivered(record);
        }
    }

    /// <summary>A batch was refused, and its records are waiting now.</summary>
    internal void Told(string topic, int partition, int count, in NativeError error) =>
        Log.BatchRefused(logger, clientId, topic, partition, count, NativeError.Name(error.Code));

    /// <summary>Sends the next ones of each partition. Nothing may be on its way.</summary>
    /// <returns>Whether anything was sent.</returns>
    internal bool Send(NativeProducer native, DeliveryReports reports)
    {
        var sent = false;
        foreach (var (key, trouble) in _troubles)
        {
            sent |= Send(native, reports, trouble, reports.Find(key.Topic));
            if (trouble.IsOver)
            {
                _troubles.Remove(key);
            }
        }

        return sent;
    }

    private static bool Send(NativeProducer native, DeliveryReports reports, Trouble trouble, SinkTopic topic)
    {
        var sent = false;
        foreach (var record in trouble.Next(topic.BatchLimit))
        {
            var error = Produce(native, topic, record);
            if (error.IsError)
            {
                reports.Failed(topic, error, record);
                continue;
            }

            topic.Taken(record.Partition, record.Size);
            sent = true;
        }

        return sent;
    }

    private static NativeError Produce(NativeProducer native, SinkTopic topic, ReportedRecord record)
    {
        var bytes = new ByteRecord
        {
            Key = record.Key,
            HasKey = record.Key is not null,
            Value = record.Value,
            HasValue = record.Value is not null,
            Timestamp = record.Timestamp,
        };
        return native.Produce(topic.Pointer, record.Partition, in bytes, record.Headers, record.Number);
    }

    /// <summary>What is to be sent again to one partition.</summary>
    private sealed class Trouble
    {
        // Of what was refused since the last step; what waits from before comes behind all that is on its way now.
        private readonly HashSet<byte[]> _keys = new(ByteKeys.Instance);
        private readonly List<ReportedRecord> _returned = [];
        private readonly Stack<ReportedRecord> _waiting = new();
        private int _refused;
        private int _step = int.MaxValue;
        private bool _hasSent;

        public int Count => _returned.Count + _waiting.Count;

        public bool IsOver => Count == 0 && !_hasSent;

        public void Refused(ReportedRecord record)
        {
            if (record.Key is not null)
            {
                _keys.Add(record.Key);
            }

            _returned.Add(record);
            _refused++;
        }

        public void Delivered(ReportedRecord record)
        {
            if (record.Key is not null && _keys.Contains(record.Key))
            {
                _returned.Add(record);
            }
        }

        /// <summary>Fewer than were refused; more again when all went well.</summary>
        public List<ReportedRecord> Next(long byteLimit)
        {
            _step = _refused > 0 ? Math.Max(1, Math.Min(_step, _refused) / 2) : (int)Math.Min(int.MaxValue, _step * 2L);

            // Not in the order of the reports: a batch that librdkafka had to try again is told of after a later one.
            _returned.Sort(static (a, b) => b.Number.CompareTo(a.Number));
            foreach (var record in _returned)
            {
                _waiting.Push(record);
            }

            _returned.Clear();
            _keys.Clear();
            _refused = 0;
            var next = new List<ReportedRecord>();
            var bytes = 0L;
            while (next.Count < _step && _waiting.TryPeek(out var first)
                && (next.Count == 0 || bytes + first.Size <= byteLimit))
            {
                bytes += first.Size;
                next.Add(_waiting.Pop());
            }

            _hasSent = next.Count > 0;
            return next;
        }
    }
}
