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
    /// Every reading that goes over offsets of an earlier one whose reader committed it, or never gave it up: each told with
    /// all that happened to the partition. What a reader lost, or was refused to commit, others read again; and they may do so
    /// before it is told, as the group lets a silent member go without a word. Itself it may read that only afterwards.
    /// </summary>
    internal IEnumerable<string> UnexplainedRepetitions() =>
        from again in _entries
        where again.What == PartitionEvent.Read
        from first in _entries.Take(again.Number)
        where first.What == PartitionEvent.Read && first.Partition == again.Partition
            && first.From <= again.To && again.From <= first.To
            && !IsGivenUp(first, again)
        select $"{again} goes over {first}, which its reader has not given up:{Environment.NewLine}"
            + string.Join(Environment.NewLine, _entries.Where(e => e.Partition == again.Partition));

    private bool IsGivenUp(Entry first, Entry again) =>
        _entries.Skip(first.Number).FirstOrDefault(e => e.Partition == first.Partition && e.Reader == first.Reader
            && e.What is PartitionEvent.Committed or PartitionEvent.CommitRefused or PartitionEvent.Lost) is { } verdict
        && verdict.What != PartitionEvent.Committed
        && (verdict.Number < again.Number || again.Reader != first.Reader);

    private sealed record Entry(
        int Number, PartitionEvent What, TopicPartition Partition, int Reader, string Member, long From, long To)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"  #{Number} {Partition} {What} [{From}..{To}] by {Reader}, {Member}");
    }
}
