using StreamFlow.Clients;

namespace StreamFlow.Dashboard;

/// <summary>What is kept of a letter in memory.</summary>
internal readonly record struct LetterEntry(int Partition, long Offset, long Timestamp, string Reason, string Operator);

/// <summary>
/// Where which dead letters are: the topic is read once, and from there on what has come since. The counts are of all letters that the
/// topic still has had, the list of the newest 50,000.
/// </summary>
internal sealed class LetterIndex
{
    private const int Kept = 50_000;
    private readonly Dictionary<TopicPartition, long> _positions = [];
    private readonly Dictionary<string, long> _byReason = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _byOperator = new(StringComparer.Ordinal);
    private readonly Queue<LetterEntry> _entries = new();

    /// <summary>How many letters were read.</summary>
    public long Total { get; private set; }

    public IReadOnlyDictionary<string, long> ByReason => new Dictionary<string, long>(_byReason);

    public IReadOnlyDictionary<string, long> ByOperator => new Dictionary<string, long>(_byOperator);

    /// <summary>The newest letters, in the order they were read.</summary>
    public IReadOnlyList<LetterEntry> Entries => [.. _entries];

    /// <summary>Reads what has come since the last time, as far as the time goes.</summary>
    public void Refresh(PartitionScan scan, IReadOnlyList<TopicPartition> partitions, TimeSpan limit, CancellationToken cancellationToken)
    {
        var bounds = partitions.ToDictionary(p => p, scan.Bounds);

        // A topic that was made anew begins again.
        if (partitions.Any(p => _positions.GetValueOrDefault(p) > bounds[p].End))
        {
            Clear();
        }

        var from = partitions.ToDictionary(p => p, p => Math.Max(_positions.GetValueOrDefault(p), bounds[p].Start));
        var positions = scan.Read(from, bounds.ToDictionary(b => b.Key, b => b.Value.End), limit, Take, cancellationToken);
        foreach (var (partition, position) in positions)
        {
            _positions[partition] = position;
        }

        bool Take(ReadRecord record)
        {
            Add(new Letter(record));

            // Where a read is broken off it goes on from here, and counts nothing twice.
            _positions[record.Partition] = record.Offset + 1;
            return true;
        }
    }

    private void Add(Letter letter)
    {
        var (reason, name) = (string.Intern(letter.Reason), string.Intern(letter.Operator));
        _byReason[reason] = _byReason.GetValueOrDefault(reason) + 1;
        _byOperator[name] = _byOperator.GetValueOrDefault(name) + 1;
        Total++;
        if (_entries.Count == Kept)
        {
            _entries.Dequeue();
        }

        _entries.Enqueue(new LetterEntry(letter.Record.Partition.Partition, letter.Record.Offset, letter.Record.Timestamp, reason, name));
    }

    private void Clear()
    {
        _positions.Clear();
        _byReason.Clear();
        _byOperator.Clear();
        _entries.Clear();
        Total = 0;
    }
}
