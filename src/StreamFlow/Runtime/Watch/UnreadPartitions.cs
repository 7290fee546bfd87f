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
    private const int MaxQuestions = 20;

    private const int LooksPerLimit = 3;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan IdlePause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(5);

    private readonly Dictionary<TopicPartition, Position> _positions = [];
    private IKafkaConsumer? _consumer;
    private long? _othersSince;
    private volatile IReadOnlyList<UnreadPartition> _unread = [];

    public IReadOnlyList<UnreadPartition> Unread => _unread;

    /// <summary>
    /// How often to look while others have partitions, if not less often than at everything else: by looks ten seconds apart nothing
    /// would be known of a killed instance when its session of 15 seconds is over.
    /// </summary>
    public TimeSpan Pace => _othersSince is null ? TimeSpan.MaxValue : Limit / LooksPerLimit;

    /// <summary>
    /// How long records may be there and the position stay where it is. A healthy instance commits once per interval, so what
    /// stays for two of them does not come forward.
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

        // Not for committed records only: a question for positions would wait for the transaction that a killed instance left open.
        _consumer ??= services.Clients.CreateConsumer(new ConsumerRole(
            $"{services.Options.ApplicationId}-progress", services.Options.ApplicationId, null, ReadCommitted: false, "error"));
        var now = services.Time.GetTimestamp();
        foreach (var gone in _positions.Keys.Except(others).ToList())
        {
            _positions.Remove(gone);
        }

        var committed = _consumer.Committed(others);
        foreach (var partition in ToAsk(committed, now).Take(MaxQuestions))
        {
            Ask(partition, now);
        }

        var names = group.Members.SelectMany(m => m.Assigned.Select(p => (p, m))).ToLookup(a => a.p, a => a.m);
        Adopt([.. _positions
            .Where(p => p.Value.Behind is { } since && services.Time.GetElapsedTime(since, now) >= Limit)
            .OrderBy(p => p.Value.Behind)
            .Select(p => Describe(p.Key, p.Value, now, names[p.Key].FirstOrDefault()))]);
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

    /// <summary>
    /// Takes the positions down, and finds those that stand where they stood: first the ones that have come to stand since the last
    /// look, then the ones that were asked about longest ago. Where nothing is committed yet nobody knows where the partition begins
    /// for its task.
    /// </summary>
    private List<TopicPartition> ToAsk(IReadOnlyList<PartitionOffset> committed, long now)
    {
        var standing = new List<(TopicPartition Partition, long? Asked)>();
        foreach (var (partition, offset, _) in committed)
        {
            if (!_positions.TryGetValue(partition, out var known) || known.Committed != offset)
            {
                _positions[partition] = new Position(offset);
            }
            else if (offset >= 0 && !(known is { Behind: null, Asked: { } asked } && services.Time.GetElapsedTime(asked, now) < IdlePause))
            {
                standing.Add((partition, known.Asked));
            }
        }

        return [.. standing.OrderBy(s => s.Asked ?? long.MinValue).Select(s => s.Partition)];
    }

    /// <summary>From when records are seen behind it a position has its time to move: they may have come a moment ago.</summary>
    private void Ask(TopicPartition partition, long now)
    {
        var known = _positions[partition];
        var end = _consumer!.QueryOffsets(partition, QueryTimeout).End;
        _positions[partition] = known with
        {
            Asked = now, End = end, Behind = end > known.Committed ? known.Behind ?? now : null,
        };
    }

    private UnreadPartition Describe(TopicPartition partition, in Position position, long now, GroupMemberDescription? member) =>
        new(partition, position.End - position.Committed, services.Time.GetElapsedTime(position.Behind!.Value, now))
        {
            Member = member is null ? null : $"{member.ClientId} at {member.Host}",
        };

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

    /// <param name="Committed">The committed position.</param>
    private readonly record struct Position(long Committed)
    {
        /// <summary>When the end was last asked for at this position.</summary>
        public long? Asked { get; init; }

        /// <summary>The end as it was then.</summary>
        public long End { get; init; }

        /// <summary>Since when records are known to be behind this position.</summary>
        public long? Behind { get; init; }
    }
}
