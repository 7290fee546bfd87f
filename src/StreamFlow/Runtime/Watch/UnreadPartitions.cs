using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Looks whether the partitions that other instances have come forward. One that was killed keeps its partitions until its
/// session is over, and one that hangs for as long as it polls; to the group both are members like any other. What everybody can
/// see is that records are there and the committed position stays where it is.
/// </summary>
/// <param name="services">What the threads share.</param>
/// <param name="own">The tasks of this instance, whose threads tell for themselves.</param>
internal sealed class UnreadPartitions(ThreadServices services, Func<IEnumerable<TaskId>> own) : IDisposable
{
    /// <summary>A question for an end is a request of its own: with thousands of idle partitions a look takes some of them.</summary>
    private const int MaxQuestions = 100;

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(5);

    private readonly Dictionary<TopicPartition, Position> _positions = [];
    private IKafkaConsumer? _consumer;
    private long? _othersSince;
    private volatile IReadOnlyList<UnreadPartition> _unread = [];

    public IReadOnlyList<UnreadPartition> Unread => _unread;

    /// <summary>
    /// How long a position may stay where it is. A healthy instance commits once per interval, so what stays for two of them
    /// does not come forward.
    /// </summary>
    private TimeSpan Limit => services.Options.CommitInterval * 2 is var two && two > Shortest ? two : Shortest;

    /// <exception cref="KafkaClientException">The broker does not answer.</exception>
    public void See(GroupDescription group)
    {
        var others = group.IsStable ? Others() : [];
        if (!AreThere(others))
        {
            _positions.Clear();
            Adopt([]);
            return;
        }

        _consumer ??= services.Clients.CreateConsumer(new ConsumerRole(
            $"{services.Options.ApplicationId}-progress", services.Options.ApplicationId, null, ReadCommitted: true, "error"));
        var now = services.Time.GetTimestamp();
        foreach (var (partition, offset, _) in _consumer.Committed(others))
        {
            if (!_positions.TryGetValue(partition, out var known) || known.Committed != offset)
            {
                _positions[partition] = new Position(offset, now);
            }
        }

        var names = group.Members.SelectMany(m => m.Assigned.Select(p => (p, m))).ToLookup(a => a.p, a => a.m);
        Adopt([.. Still(others, now)
            .Take(MaxQuestions)
            .Select(p => Look(p, names[p].FirstOrDefault()))
            .OfType<UnreadPartition>()]);
    }

    public void Dispose()
    {
        _unread = [];
        _consumer?.Dispose();
    }

    /// <summary>While this instance joins, all partitions are others': nobody is asked for their sake.</summary>
    private bool AreThere(List<TopicPartition> others)
    {
        _othersSince = others.Count == 0 ? null : _othersSince ?? services.Time.GetTimestamp();
        return _othersSince is { } since && services.Time.GetElapsedTime(since) >= Shortest;
    }

    /// <summary>Where nothing is committed yet nobody knows where the partition begins for its task.</summary>
    private List<TopicPartition> Still(List<TopicPartition> others, long now)
    {
        foreach (var gone in _positions.Keys.Except(others).ToList())
        {
            _positions.Remove(gone);
        }

        return
        [
            .. _positions
                .Where(p => p.Value.Committed >= 0 && services.Time.GetElapsedTime(p.Value.Since, now) >= Limit)
                .OrderBy(p => p.Value.Since)
                .Select(p => p.Key),
        ];
    }

    private UnreadPartition? Look(TopicPartition partition, GroupMemberDescription? member)
    {
        var (committed, since) = _positions[partition];
        var end = _consumer!.QueryOffsets(partition, QueryTimeout).End;
        if (end <= committed)
        {
            // Nothing was to be read: from here on it counts.
            _positions[partition] = new Position(committed, services.Time.GetTimestamp());
            return null;
        }

        return new UnreadPartition(partition, end - committed, services.Time.GetElapsedTime(since))
        {
            Member = member is null ? null : $"{member.ClientId} at {member.Host}",
        };
    }

    private void Adopt(IReadOnlyList<UnreadPartition> seen)
    {
        var before = _unread;
        _unread = seen;
        foreach (var unread in seen.Where(u => before.All(b => b.Partition != u.Partition)))
        {
            RuntimeLog.NotRead(services.Logger, services.Options.ApplicationId, unread.ToString());
        }

        foreach (var partition in before.Select(b => b.Partition).Except(seen.Select(u => u.Partition)))
        {
            RuntimeLog.ReadAgain(services.Logger, services.Options.ApplicationId, partition);
        }
    }

    private List<TopicPartition> Others()
    {
        var topics = services.Topics;
        var mine = own().ToHashSet();
        return
        [
            .. from subTopology in topics.Plan.SubTopologies
               from partition in Enumerable.Range(0, topics.TaskCount(subTopology))
               where !mine.Contains(new TaskId(subTopology.Id, partition))
               from input in topics.InputsOf(subTopology, partition)
               where !topics.Missing.Contains(input.Partition.Topic)
               select input.Partition,
        ];
    }

    private readonly record struct Position(long Committed, long Since);
}
