namespace StreamFlow.Broker.Groups;

/// <summary>
/// As even as subscriptions allow, and as it was before where that is as even: members keep what they had, what nobody
/// has goes to the least loaded subscriber, and only then partitions move, from a member to one that has at least two
/// fewer. Where no single move helps, a chain of them may: from the first to the second what the second may have, from
/// the second to the third what that may have.
/// </summary>
internal sealed class UniformAssignor
{
    public const string Name = "uniform";

    private readonly AssignorMember[] _members;
    private readonly Dictionary<Guid, List<int>> _subscribers = [];
    private readonly Dictionary<Guid, int> _partitions = [];
    private readonly Dictionary<Guid, SortedSet<int>>[] _owned;
    private readonly int[] _loads;

    public UniformAssignor(IReadOnlyList<AssignorMember> members)
    {
        _members = [.. members.OrderBy(static member => member.MemberId, StringComparer.Ordinal)];
        _owned = [.. _members.Select(static _ => new Dictionary<Guid, SortedSet<int>>())];
        _loads = new int[_members.Length];
        for (int i = 0; i < _members.Length; i++)
        {
            foreach (TopicInfo topic in _members[i].Topics)
            {
                _partitions[topic.Id] = topic.Partitions;
                if (!_subscribers.TryGetValue(topic.Id, out List<int>? subscribers))
                {
                    _subscribers.Add(topic.Id, subscribers = []);
                }

                subscribers.Add(i);
            }
        }
    }

    public Dictionary<string, HashSet<TopicIdPartition>> Assign()
    {
        GiveToTheLeastLoaded(KeepWhatWas());
        while (MoveOne())
        {
        }

        var assignment = new Dictionary<string, HashSet<TopicIdPartition>>(_members.Length);
        for (int i = 0; i < _members.Length; i++)
        {
            assignment.Add(_members[i].MemberId, [.. _owned[i].SelectMany(
                static topic => topic.Value.Select(partition => new TopicIdPartition(topic.Key, partition)))]);
        }

        return assignment;
    }

    private HashSet<TopicIdPartition> KeepWhatWas()
    {
        var kept = new HashSet<TopicIdPartition>();
        for (int i = 0; i < _members.Length; i++)
        {
            HashSet<Guid> wanted = [.. _members[i].Topics.Select(static topic => topic.Id)];
            foreach (TopicIdPartition partition in _members[i].Previous)
            {
                if (wanted.Contains(partition.TopicId)
                    && partition.Partition < _partitions[partition.TopicId]
                    && kept.Add(partition))
                {
                    Give(i, partition.TopicId, partition.Partition);
                }
            }
        }

        return kept;
    }

    /// <summary>Topics that few subscribe to first: the others are then what evens out.</summary>
    private void GiveToTheLeastLoaded(HashSet<TopicIdPartition> kept)
    {
        foreach ((Guid topic, List<int> subscribers) in _subscribers
            .OrderBy(static x => x.Value.Count).ThenBy(static x => x.Key))
        {
            for (int partition = 0; partition < _partitions[topic]; partition++)
            {
                if (!kept.Contains(new TopicIdPartition(topic, partition)))
                {
                    Give(subscribers.MinBy(member => _loads[member]), topic, partition);
                }
            }
        }
    }

    /// <summary>Makes the assignment more even by one chain of moves; false when it cannot be.</summary>
    private bool MoveOne()
    {
        foreach (int start in Enumerable.Range(0, _members.Length)
            .OrderByDescending(member => _loads[member]).ThenByDescending(static member => member))
        {
            if (_loads[start] < 2)
            {
                return false;
            }

            if (FindChain(start) is { } chain)
            {
                foreach ((int from, int to, Guid topic) in chain)
                {
                    Move(from, to, topic);
                }

                return true;
            }
        }

        return false;
    }

    private List<(int From, int To, Guid Topic)>? FindChain(int start)
    {
        var reachedBy = new Dictionary<int, (int From, Guid Topic)> { [start] = (start, default) };
        var seenTopics = new HashSet<Guid>();
        var open = new Queue<int>([start]);
        while (open.TryDequeue(out int from))
        {
            foreach ((Guid topic, SortedSet<int> owned) in _owned[from])
            {
                if (owned.Count == 0 || !seenTopics.Add(topic))
                {
                    continue;
                }

                foreach (int to in _subscribers[topic])
                {
                    if (!reachedBy.TryAdd(to, (from, topic)))
                    {
                        continue;
                    }

                    if (_loads[to] <= _loads[start] - 2)
                    {
                        return ChainTo(to, start, reachedBy);
                    }

                    open.Enqueue(to);
                }
            }
        }

        return null;
    }

    private static List<(int From, int To, Guid Topic)> ChainTo(
        int end, int start, Dictionary<int, (int From, Guid Topic)> reachedBy)
    {
        var chain = new List<(int From, int To, Guid Topic)>();
        for (int to = end; to != start; to = reachedBy[to].From)
        {
            chain.Add((reachedBy[to].From, to, reachedBy[to].Topic));
        }

        return chain;
    }

    private void Move(int from, int to, Guid topic)
    {
        int partition = _owned[from][topic].Max;
        _owned[from][topic].Remove(partition);
        _loads[from]--;
        Give(to, topic, partition);
    }

    private void Give(int member, Guid topic, int partition)
    {
        if (!_owned[member].TryGetValue(topic, out SortedSet<int>? owned))
        {
            _owned[member].Add(topic, owned = []);
        }

        owned.Add(partition);
        _loads[member]++;
    }
}
