using StreamFlow.Broker.Groups;

namespace StreamFlow.Broker.Tests.Groups;

/// <summary>
/// Random plain commits, transactions and deletions of offsets against the offsets of one group and the log they are
/// written to. What must be readable is derived from the log alone: of the records behind the last deletion, those
/// that are durable or whose transaction committed, and of these the one furthest in the log. Crashes lose any part of
/// the log that was not acknowledged, compaction drops what later records supersede; the replay must then agree.
/// </summary>
internal sealed class OffsetsSimulation(int seed)
{
    private static readonly OffsetKey[] Keys = [new("a", 0), new("a", 1), new("b", 0)];

    private readonly Random _random = new(seed);
    private readonly List<Record> _log = [];
    private GroupOffsets _live = new();
    private long _nextOffset;
    private long _acknowledged = -1;

    public int Restarts { get; private set; }

    public int CommittedTransactions { get; private set; }

    public int Unstable { get; private set; }

    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Step();
            Check();
        }
    }

    private void Step()
    {
        switch (_random.Next(20))
        {
            case < 6:
                Record plain = Append(new Record(Kind.Plain, Key(), -1));
                _live.Append(plain.Key, plain.Value, plain.Offset);
                break;
            case < 11:
                Settle();
                break;
            case < 15:
                Record pending = Append(new Record(Kind.Transactional, Key(), _random.Next(3)));
                _live.AppendTransactional(pending.ProducerId, pending.Key, pending.Value, pending.Offset);
                break;
            case < 17:
                End(_random.Next(3), commit: _random.Next(3) > 0);
                break;
            case 17:
                Record deletion = Append(new Record(Kind.Deletion, Key(), -1));
                _live.Remove(deletion.Key);
                break;
            case 18:
                Compact();
                break;
            default:
                Crash();
                break;
        }
    }

    private OffsetKey Key() => Keys[_random.Next(Keys.Length)];

    private Record Append(Record record)
    {
        record.Offset = _nextOffset++;
        _log.Add(record);
        return record;
    }

    /// <summary>Any commit in flight turns out durable, with all of the log below it; its answer may be the first.</summary>
    private void Settle()
    {
        Record[] inFlight = [.. _log.Where(static x => x is { Kind: Kind.Plain, IsSettled: false })];
        if (inFlight.Length > 0)
        {
            Record settled = inFlight[_random.Next(inFlight.Length)];
            settled.IsSettled = true;
            _acknowledged = Math.Max(_acknowledged, settled.Offset);
            _live.Settle(settled.Key, settled.Value, settled.Offset);
        }
    }

    /// <summary>The marker is written once the outcome is durable, which makes the log before it so.</summary>
    private void End(long producerId, bool commit)
    {
        foreach (Record record in _log.Where(x => x.Kind == Kind.Transactional && x.ProducerId == producerId))
        {
            record.Outcome ??= commit;
        }

        CommittedTransactions += commit ? 1 : 0;
        _acknowledged = Append(new Record(Kind.Marker, default, producerId) { Outcome = commit }).Offset;
        _live.EndTransaction(producerId, commit);
    }

    /// <summary>As the log's own compaction: below everything undecided the last record of a key stays.</summary>
    private void Compact()
    {
        long end = _log.Where(static x => x.Kind is Kind.Plain or Kind.Transactional && !x.IsDecided)
            .Select(static x => x.Offset).DefaultIfEmpty(_acknowledged + 1).Min();
        var latest = new Dictionary<OffsetKey, long>();
        foreach (Record record in _log.Where(x => x.Offset < end && x.Kind != Kind.Marker && x.Outcome != false))
        {
            latest[record.Key] = record.Offset;
        }

        _log.RemoveAll(x => x.Offset < end && x.Kind != Kind.Marker
            && (x.Outcome == false || latest[x.Key] != x.Offset));
    }

    private void Crash()
    {
        Restarts++;
        long end = _random.NextInt64(_acknowledged + 1, _nextOffset + 1);
        _log.RemoveAll(x => x.Offset >= end);
        var replay = new JournalReplay();
        foreach (Record record in _log)
        {
            record.IsSettled = true;
            replay.Apply(record.ToJournal());
        }

        _live = new GroupOffsets();
        foreach (((_, OffsetKey key), (CommittedOffset value, long offset)) in replay.Offsets)
        {
            _live.Append(key, value, offset);
            _live.Settle(key, value, offset);
        }

        foreach ((long producerId, _, OffsetKey key, (CommittedOffset value, long offset)) in replay.Pending)
        {
            _live.AppendTransactional(producerId, key, value, offset);
        }

        _acknowledged = end - 1;
    }

    private void Check()
    {
        foreach (OffsetKey key in Keys)
        {
            long deleted = _log.Where(x => x.Kind == Kind.Deletion && x.Key == key)
                .Select(static x => x.Offset).DefaultIfEmpty(-1).Max();
            Record[] records = [.. _log.Where(x =>
                x.Kind is Kind.Plain or Kind.Transactional && x.Key == key && x.Offset > deleted)];
            Record? expected = records.Where(static x => x.IsSettled || x.Outcome == true).MaxBy(static x => x.Offset);
            Assert.Equal(expected?.Offset, _live.Find(key)?.Offset);
            bool isUnstable = records.Any(static x => !x.IsDecided);
            Assert.Equal(isUnstable, _live.IsUnstable(key));
            Unstable += isUnstable ? 1 : 0;
        }
    }

    private enum Kind
    {
        Plain,
        Transactional,
        Deletion,
        Marker,
    }

    private sealed class Record(Kind kind, OffsetKey key, long producerId)
    {
        public Kind Kind { get; } = kind;

        public OffsetKey Key { get; } = key;

        public long ProducerId { get; } = producerId;

        public long Offset { get; set; }

        /// <summary>A plain commit that was acknowledged, or survived a crash.</summary>
        public bool IsSettled
        {
            get;
            set => field = value && Kind == Kind.Plain;
        }

        /// <summary>What became of the transaction.</summary>
        public bool? Outcome { get; set; }

        public bool IsDecided => IsSettled || Outcome is not null;

        /// <summary>Says in itself where in the log it is.</summary>
        public CommittedOffset Value => new(Offset, 0, "", 0);

        public JournalRecord ToJournal() => new("group", Kind == Kind.Marker ? null : Key,
            Kind is Kind.Plain or Kind.Transactional ? Value : null, null, Offset)
        {
            ProducerId = ProducerId,
            IsMarker = Kind == Kind.Marker,
            IsCommit = Outcome == true,
        };
    }
}
