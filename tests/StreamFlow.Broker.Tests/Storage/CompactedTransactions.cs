using System.Buffers;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>
/// Random transactions of a few producers on a compacted log, with plain records and tombstones between them, fencing,
/// compaction, and crashes after which the producers may have to be found in the log alone. The model knows what every
/// transaction wrote and what became of it.
/// </summary>
internal sealed class CompactedTransactions : IDisposable
{
    private const int ProducerCount = 4;
    private const int KeyCount = 12;

    private static readonly LogOptions Options = new()
    {
        SegmentBytes = 2048, CleanupPolicy = CleanupPolicy.Compact, MinCleanableDirtyRatio = 0.01,
        DeleteRetentionMs = 60_000, IndexIntervalBytes = 100,
    };

    private readonly Random _random;
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();
    private readonly Producer[] _producers = [.. Enumerable.Range(0, ProducerCount).Select(x => new Producer(x))];
    private readonly Dictionary<string, (long Offset, string? Value)> _latest = [];
    private PartitionLog _log;
    private long _stable;
    private int _written;

    public CompactedTransactions(int seed)
    {
        _random = new Random(seed);
        _log = PartitionLog.Open(_temporary.Sub("log"), Options, _clock);
    }

    public int Restarts { get; private set; }

    public int DroppedMarkers { get; private set; }

    public void Run(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            Step();
            Assert.True(_log.LastStableOffset >= _stable, "the last stable offset went back");
            _stable = _log.LastStableOffset;
        }

        foreach (var producer in _producers.Where(static x => x.IsOpen))
        {
            End(producer, commit: _random.Next(2) == 0);
        }

        Maintain();
        CheckContent();
    }

    public void Dispose()
    {
        _log.Dispose();
        _temporary.Dispose();
    }

    private void Step()
    {
        var producer = _producers[_random.Next(ProducerCount)];
        switch (_random.Next(100))
        {
            case < 50:
                Write(producer);
                break;
            case < 70 when producer.IsOpen:
                End(producer, commit: _random.Next(3) > 0);
                break;
            case < 90:
                var (key, value) = NextRecord();
                Settle(Append(Batches.Keyed(_clock.NowMs(), (key, value)), AppendOrigin.Client), key, value);
                break;
            case < 97:
                Maintain();
                break;
            case 97:
                CheckContent();
                break;
            default:
                Restart();
                break;
        }
    }

    private (string Key, string? Value) NextRecord() =>
        ($"k{_random.Next(KeyCount)}", _random.Next(5) == 0 ? null : $"v{++_written}");

    private void Write(Producer producer)
    {
        var (key, value) = NextRecord();
        _log.RegisterTransaction(producer.Id, producer.Epoch);
        producer.Last = Batch(producer, key, value);
        producer.LastOffset = Append(producer.Last.ToArray(), AppendOrigin.Client);
        producer.Sequence++;
        producer.Open.Add((producer.LastOffset, key, value));
    }

    private static byte[] Batch(Producer producer, string key, string? value)
    {
        var builder = new RecordBatchBuilder();
        if (value is null)
        {
            builder.AddTombstone(1_700_000_000_000, Encoding.UTF8.GetBytes(key));
        }
        else
        {
            builder.Add(1_700_000_000_000, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
        }

        return builder.Build(RecordBatch.TransactionalBit, producer.Id, producer.Epoch, producer.Sequence).ToArray();
    }

    /// <summary>An abort may fence: then the producer goes on with a higher epoch and sequences from 0.</summary>
    private void End(Producer producer, bool commit)
    {
        var fences = !commit && _random.Next(3) == 0;
        var epoch = (short)(producer.Epoch + (fences ? 1 : 0));
        Append(Batches.Marker(producer.Id, epoch, commit), AppendOrigin.Marker);
        foreach (var (offset, key, value) in commit ? producer.Open : [])
        {
            Settle(offset, key, value);
        }

        producer.Open.Clear();
        if (fences)
        {
            (producer.Epoch, producer.Sequence, producer.Last) = (epoch, 0, null);
        }
    }

    private long Append(byte[] batch, AppendOrigin origin)
    {
        var result = _log.Append(batch, origin);
        Assert.Equal((ErrorCode.None, false), (result.Error, result.IsDuplicate));
        return result.BaseOffset;
    }

    private void Settle(long offset, string key, string? value)
    {
        if (!_latest.TryGetValue(key, out var current) || current.Offset < offset)
        {
            _latest[key] = (offset, value);
        }
    }

    private void Maintain()
    {
        var before = _log.Producers.Aborted.Length;
        _clock.Advance(TimeSpan.FromSeconds(_random.Next(50)));
        _log.Maintain();
        DroppedMarkers += before - _log.Producers.Aborted.Length;
    }

    private void Restart()
    {
        Restarts++;
        var how = _random.Next(3);
        var directory = how == 0 ? _log.LogDirectory : _temporary.CopyOf(_log.LogDirectory);
        var (end, stable) = (_log.LogEndOffset, _log.LastStableOffset);
        _log.Dispose();
        if (how == 2)
        {
            Array.ForEach(Directory.GetFiles(directory, "*.snapshot"), File.Delete);
        }

        _log = PartitionLog.Open(directory, Options, _clock);
        Assert.Equal((LogState.Online, end, stable), (_log.State, _log.LogEndOffset, _log.LastStableOffset));
        foreach (var producer in _producers.Where(static x => x.Last is not null))
        {
            var again = _log.Append(producer.Last!.ToArray(), AppendOrigin.Client);
            Assert.Equal((ErrorCode.None, true, producer.LastOffset), (again.Error, again.IsDuplicate, again.BaseOffset));
        }

        foreach (var producer in _producers.Where(x => how < 2 && x.Epoch > 0))
        {
            _log.RegisterTransaction(producer.Id, (short)(producer.Epoch - 1));
            var zombie = Batches.Produced(producer.Id, (short)(producer.Epoch - 1), 0, transactional: true);
            Assert.Equal(ErrorCode.InvalidProducerEpoch, _log.Append(zombie, AppendOrigin.Client).Error);
        }
    }

    /// <summary>Below the last stable offset, the last value of every key is that of the model.</summary>
    private void CheckContent()
    {
        var stable = _log.LastStableOffset;
        var found = new Dictionary<string, (long Offset, string? Value)>();
        foreach (var (offset, key, value) in ReadAsClient(0))
        {
            found[key] = (offset, value);
        }

        foreach (var (key, (offset, value)) in _latest.Where(x => x.Value.Offset < stable))
        {
            var got = found.GetValueOrDefault(key);
            Assert.True(got.Value == value && (value is null || got.Offset == offset), $"{key} is {got}, not {value} at {offset}");
        }

        Assert.DoesNotContain(found.Keys, key => found[key].Value is not null && !_latest.ContainsKey(key));

        // From anywhere in the middle a reader gets the rest of the same.
        var from = _random.NextInt64(stable + 1);
        Assert.Equal(ReadAsClient(0).Where(x => x.Offset >= from), ReadAsClient(from));
    }

    /// <summary>
    /// Filters as clients do, who know of an aborted transaction where it begins and learn from the marker where it ends.
    /// </summary>
    private List<(long Offset, string Key, string? Value)> ReadAsClient(long from)
    {
        var visible = new List<(long, string, string?)>();
        for (var offset = from; offset < _log.LastStableOffset;)
        {
            var buffer = new ArrayBufferWriter<byte>();
            var read = _log.Read(offset, _random.Next(100, 2000), true, readCommitted: true, buffer);
            Assert.True(read.NextOffset > offset, $"no progress at {offset}");
            var coming = new Queue<AbortedTransaction>(read.AbortedTransactions!);
            var aborted = new HashSet<long>();
            var bytes = buffer.WrittenSpan;
            while (BatchHeader.TryRead(bytes, out var header))
            {
                while (coming.TryPeek(out var next) && next.FirstOffset <= header.LastOffset)
                {
                    aborted.Add(coming.Dequeue().ProducerId);
                }

                var batch = bytes[..header.TotalSize];
                if (header.IsControl)
                {
                    Assert.True(ControlRecord.TryRead(batch, out var isCommit, out _));
                    Assert.False(isCommit && aborted.Contains(header.ProducerId), "a commit inside an aborted transaction");
                    aborted.Remove(header.ProducerId);
                }
                else if (!header.IsTransactional || !aborted.Contains(header.ProducerId))
                {
                    visible.AddRange(Batches.Decode(batch).Where(x => x.Offset >= offset));
                }

                bytes = bytes[header.TotalSize..];
            }

            offset = read.NextOffset;
        }

        return visible;
    }

    private sealed class Producer(long id)
    {
        public long Id { get; } = id;

        public short Epoch { get; set; }

        public int Sequence { get; set; }

        public byte[]? Last { get; set; }

        public long LastOffset { get; set; }

        public List<(long Offset, string Key, string? Value)> Open { get; } = [];

        public bool IsOpen => Open.Count > 0;
    }
}
