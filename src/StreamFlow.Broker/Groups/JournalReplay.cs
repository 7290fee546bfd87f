namespace StreamFlow.Broker.Groups;

/// <summary>
/// What a log of groups says in the end. Offsets of a transaction count from its marker on, but at the place of their
/// own record: they never replace what was committed, or deleted, behind it.
/// </summary>
internal sealed class JournalReplay
{
    private readonly Dictionary<(string GroupId, OffsetKey Key), ReplayedOffset> _offsets = [];
    private readonly Dictionary<string, GroupSnapshot> _groups = [];
    private readonly Dictionary<string, ConsumerGroupImage> _consumers = [];
    private readonly Dictionary<long, Dictionary<(string GroupId, OffsetKey Key), ReplayedOffset>> _open = [];

    public IReadOnlyDictionary<(string GroupId, OffsetKey Key), ReplayedOffset> Offsets => _offsets;

    /// <summary>The classic groups.</summary>
    public IReadOnlyDictionary<string, GroupSnapshot> Groups => _groups;

    /// <summary>The consumer groups; one without an epoch is none.</summary>
    public IEnumerable<KeyValuePair<string, ConsumerGroupImage>> Consumers =>
        _consumers.Where(static group => group.Value.HasEpoch);

    /// <summary>Offsets of transactions without a marker, by producer id.</summary>
    public IEnumerable<(long ProducerId, string GroupId, OffsetKey Key, ReplayedOffset Offset)> Pending => _open
        .SelectMany(static open => open.Value.Select(
            offset => (open.Key, offset.Key.GroupId, offset.Key.Key, offset.Value)));

    public void Apply(in JournalRecord record)
    {
        switch (record)
        {
            case { IsMarker: true }:
                End(record.ProducerId, record.IsCommit);
                break;
            case { Key: OffsetKey key, Offset: null }:
                _offsets.Remove((record.GroupId, key));
                foreach (Dictionary<(string, OffsetKey), ReplayedOffset> open in _open.Values)
                {
                    open.Remove((record.GroupId, key));
                }

                break;
            case { Key: OffsetKey key, Offset: CommittedOffset value, ProducerId: >= 0 }:
                OpenOf(record.ProducerId)[(record.GroupId, key)] = new ReplayedOffset(value, record.LogOffset);
                break;
            case { Key: OffsetKey key, Offset: CommittedOffset value }:
                _offsets[(record.GroupId, key)] = new ReplayedOffset(value, record.LogOffset);
                break;
            case { Consumers: { } change }:
                ConsumersOf(record.GroupId).Apply(change);
                break;
            case { Group: null }:
                _groups.Remove(record.GroupId);
                break;
            default:
                _groups[record.GroupId] = record.Group;
                break;
        }
    }

    private ConsumerGroupImage ConsumersOf(string groupId)
    {
        if (!_consumers.TryGetValue(groupId, out ConsumerGroupImage? image))
        {
            _consumers.Add(groupId, image = new ConsumerGroupImage());
        }

        return image;
    }

    private void End(long producerId, bool commit)
    {
        if (!_open.Remove(producerId, out Dictionary<(string GroupId, OffsetKey Key), ReplayedOffset>? open) || !commit)
        {
            return;
        }

        foreach (((string GroupId, OffsetKey Key) key, ReplayedOffset offset) in open)
        {
            if (!_offsets.TryGetValue(key, out ReplayedOffset current) || current.LogOffset < offset.LogOffset)
            {
                _offsets[key] = offset;
            }
        }
    }

    private Dictionary<(string GroupId, OffsetKey Key), ReplayedOffset> OpenOf(long producerId)
    {
        if (!_open.TryGetValue(producerId, out Dictionary<(string, OffsetKey), ReplayedOffset>? open))
        {
            _open.Add(producerId, open = []);
        }

        return open;
    }
}

/// <summary>An offset and where in the log its record is.</summary>
internal readonly record struct ReplayedOffset(CommittedOffset Value, long LogOffset);
