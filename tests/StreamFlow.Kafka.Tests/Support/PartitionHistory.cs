using System.Globalization;

namespace StreamFlow.Kafka.Tests.Support;

/// <summary>What can happen to a partition in the hands of a member.</summary>
internal enum PartitionEvent
{
    Assigned,
    Read,
    Committed,
    CommitRefused,
    Revoked,
    Lost,
}

/// <summary>
/// Who had which partition when, as which member of which generation, and what was read and committed; so that a record
/// that comes twice can be explained, or its story told.
/// </summary>
internal sealed class PartitionHistory
{
    private readonly List<Entry> _entries = [];
    private readonly HashSet<(TopicPartition, long)> _seen = [];

    /// <summary>How many records were read, each counted once. Readings are without gaps: nothing here is transactional.</summary>
    internal int Distinct => _seen.Count;

    /// <param name="what">What happened.</param>
    /// <param name="partition">To which partition.</param>
    /// <param name="reader">The consumer, whatever the group calls it.</param>
    /// <param name="member">What the group calls it.</param>
    /// <param name="from">First offset read, if any was.</param>
    /// <param name="to">Last offset read, or the one committed.</param>
    internal void Add(
        PartitionEvent what, TopicPartition partition, int reader, string member, long from = -1, long to = -1)
    {
        _entries.Add(new Entry(_entries.Count, what, partition, reader, member, from, to));
        for (var offset = from; what == PartitionEvent.Read && offset <= to; offset++)
        {
            _seen.Add((partition, offset));
        }
    }

    /// <summary>
    /// Every reading that goes over offsets of an earlier one, although in between its reader neither lost the partition nor
    /// was refused its commit: each told with all that happened to the partition.
    /// </summary>
    internal IEnumerable<string> UnexplainedRepetitions() =>
        from again in _entries
        where again.What == PartitionEvent.Read
        from first in _entries.Take(again.Number)
        where first.What == PartitionEvent.Read && first.Partition == again.Partition
            && first.From <= again.To && again.From <= first.To
            && !_entries[first.Number..again.Number].Exists(e => e.Partition == first.Partition && e.Reader == first.Reader
                && e.What is PartitionEvent.Lost or PartitionEvent.CommitRefused)
        select $"{again} goes over {first}, whose reader has lost nothing since:{Environment.NewLine}"
            + string.Join(Environment.NewLine, _entries.Where(e => e.Partition == again.Partition));

    private sealed record Entry(
        int Number, PartitionEvent What, TopicPartition Partition, int Reader, string Member, long From, long To)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"  #{Number} {Partition} {What} [{From}..{To}] by {Reader}, {Member}");
    }
}
