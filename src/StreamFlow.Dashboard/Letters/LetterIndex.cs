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
    /// <summary>How many letters are kept track of.</summary>
    public const int Kept = 50_000;

    /// <summary>Headers are data of somebody else's: however many names they make up, this many are told apart.</summary>
    private const int Names = 200;
    private const int NameLength = 200;
    private const string OtherNames = "other";
    private readonly Dictionary<TopicPartition, long> _positions = [];
    private readonly Dictionary<string, long> _byReason = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _byOperator = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Queue<LetterEntry> _entries = new();

    /// <summary>How many letters were read.</summary>
    public long Total { get; private set; }

    /// <summary>Whether the last read has reached the end of the topic.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Whether <see cref="Entries"/> has all letters that were read.</summary>
    public bool HasAll => Total == _entries.Count;

    public IReadOnlyDictionary<string, long> ByReason => new Dictionary<string, long>(_byReason);

    public IReadOnlyDictionary<string, long> ByOperator => new Dictionary<string, long>(_byOperator);

    /// <summary>The newest letters, in the order they were read.</summary>
    public IReadOnlyList<LetterEntry> Entries => [.. _entries];

    /// <summary>Reads what has come since the last time, as far as the time goes.</summary>
    public void Refresh(PartitionScan scan, IReadOnlyList<TopicPartition> partitions, TimeSpan limit, CancellationToken cancellationToken)
    {
        IsAtEnd = false;
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

        IsAtEnd = bounds.All(b => _positions.GetValueOrDefault(b.Key) >= b.Value.End);

        bool Take(ReadRecord record)
        {
            Add(new Letter(record));

            // Where a read is broken off it goes on from here, and counts nothing twice.
            _positions[record.Partition] = record.Offset + 1;
            return true;
        }
    }

    internal void Add(Letter letter)
    {
        var (reason, name) = (Known(letter.Reason), Known(letter.Operator));
        _byReason[reason] = _byReason.GetValueOrDefault(reason) + 1;
        _byOperator[name] = _byOperator.GetValueOrDefault(name) + 1;
        Total++;
        if (_entries.Count == Kept)
        {
            _entries.Dequeue();
        }

        _entries.Enqueue(new LetterEntry(letter.Record.Partition.Partition, letter.Record.Offset, letter.Record.Timestamp, reason, name));
    }

    private string Known(string name)
    {
        var shown = name.Length > NameLength ? name[..NameLength] : name;
        if (_names.TryGetValue(shown, out var known))
        {
            return known;
        }

        if (_names.Count >= Names)
        {
            return OtherNames;
        }

        _names.Add(shown, shown);
        return shown;
    }

    private void Clear()
    {
        _names.Clear();
        _positions.Clear();
        _byReason.Clear();
        _byOperator.Clear();
        _entries.Clear();
        Total = 0;
    }
}
