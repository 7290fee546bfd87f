using System.Globalization;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Planning;

/// <summary>
/// All that was described on one builder: nodes in the order of their description, names in use, the counter behind
/// generated names. Frozen when the topology is built.
/// </summary>
internal sealed class TopologyGraph
{
    private readonly List<NodeDescription> _nodes = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _stores = new(StringComparer.Ordinal);
    private readonly List<SourceNode> _sources = [];
    private readonly HashSet<string> _generated = new(StringComparer.Ordinal);
    private readonly List<RecordTap> _taps = [];
    private readonly ConnectedStores _connected;
    private int _counter;
    private bool _frozen;

    public TopologyGraph() => _connected = new ConnectedStores(_nodes);

    public SerdeRegistry Serdes { get; } = new();

    /// <summary>Where stores are that say nothing about it.</summary>
    public StoreType DefaultStoreType { get; set; } = StoreType.Persistent;

    public IReadOnlyList<NodeDescription> Nodes => _nodes;

    /// <summary>What records are shown to.</summary>
    public IReadOnlyList<RecordTap> Taps => _taps;

    /// <summary>The stores that were added by themselves, and who is connected to which store.</summary>
    public ConnectedStores Stores => _connected;

    /// <summary>
    /// The name given, or a generated one. The number is used up in both cases, as in Kafka Streams, where naming one
    /// operator must not rename the state of another.
    /// </summary>
    public string NodeName(string? given, string prefix)
    {
        EnsureOpen();
        var generated = Generate(prefix);
        return given is null ? generated : ResourceName.Check(given);
    }

    /// <summary>The name given, which uses no number up, or a generated one.</summary>
    public string StoreName(string? given, string prefix)
    {
        EnsureOpen();
        return given is null ? Generate(prefix + "STATE-STORE-") : ResourceName.Check(given);
    }

    /// <summary>Uses a number up where Kafka Streams does for compatibility with its own older versions.</summary>
    public void BurnNumber() => Generate(string.Empty);

    public void Add(RecordTap tap)
    {
        EnsureOpen();
        if (!_taps.Contains(tap))
        {
            _taps.Add(tap);
        }
    }

    public void Add(NodeDescription node)
    {
        EnsureOpen();
        foreach (var name in node.Names)
        {
            if (!_names.Add(name))
            {
                throw new TopologyException($"There are two operators named '{name}'. Give one of them another name.");
            }
        }

        if (node.Rows is { } rows && !_nodes.Exists(other => other.Rows?.Store == rows.Store))
        {
            ReserveStore(rows.Store.Name);
        }

        _nodes.Add(node);
        if (node is SourceNode { SourceKind: not SourceKind.Repartition } source)
        {
            _sources.Add(source);
        }
    }

    /// <summary>Adds a store that processors are connected to; adding the very same one again changes nothing.</summary>
    public void AddStore(StoreBuilder store)
    {
        EnsureOpen();
        if (!_connected.Added.Contains(store))
        {
            ResourceName.Check(store.Name);
            ReserveStore(store.Name);
            _connected.Add(store);
        }
    }

    /// <summary>The node of a name; null when there is none yet.</summary>
    public NodeDescription? FindNode(string name) => _nodes.Find(node => node.Name == name);

    private void ReserveStore(string name)
    {
        if (!_stores.Add(name))
        {
            throw new TopologyException($"There are two stores named '{name}'. Give one of them another name.");
        }
    }

    /// <summary>
    /// The source that reads exactly the given topics already, or null. Partly the same topics are an error: one record
    /// cannot go to two sources.
    /// </summary>
    public SourceNode? FindSource(IReadOnlyCollection<string> topics)
    {
        EnsureOpen();
        var wanted = topics.ToHashSet(StringComparer.Ordinal);
        foreach (var source in _sources)
        {
            if (source.Pattern is null && wanted.SetEquals(source.Topics))
            {
                return source;
            }

            if (source.Pattern is not null && wanted.FirstOrDefault(source.Reads) is { } matched)
            {
                throw Overlap(source.Pattern, matched);
            }

            if (wanted.Overlaps(source.Topics))
            {
                throw new TopologyException(
                    $"The sources [{string.Join(", ", source.Topics)}] and [{string.Join(", ", topics)}] overlap but are "
                    + "not equal. Read each topic by one Stream(...) call, and Merge the streams.");
            }
        }

        return null;
    }

    /// <summary>The source that has the same pattern already, or null.</summary>
    /// <exception cref="TopologyException">A topic that is read by another source matches.</exception>
    public SourceNode? FindSource(TopicPattern pattern)
    {
        EnsureOpen();
        foreach (var source in _sources)
        {
            if (source.Pattern is { } other && other.IsSameAs(pattern))
            {
                return source;
            }

            if (source.Topics.FirstOrDefault(pattern.Matches) is { } matched)
            {
                throw Overlap(pattern, matched);
            }
        }

        return null;
    }

    private static TopologyException Overlap(TopicPattern pattern, string topic) => new(
        $"Pattern '{pattern}' matches topic '{topic}', which another source of the topology reads: one record cannot go to two "
        + $"sources. Let the pattern leave it out, as (?!{topic}$).*, and Merge the streams.");

    public void EnsureOpen()
    {
        if (_frozen)
        {
            throw new InvalidOperationException(
                "The topology is built: its description cannot change any more. Describe all of it before Build().");
        }
    }

    public void Freeze()
    {
        _frozen = true;
        Serdes.Freeze();
    }

    /// <summary>Whether a name was made here, or begins with one that was, as a changelog's and a repartition topic's do.</summary>
    public bool IsGenerated(string name) =>
        _generated.Contains(name)
        || (name.EndsWith(InternalTopics.RepartitionSuffix, StringComparison.Ordinal)
            && _generated.Contains(name[..^InternalTopics.RepartitionSuffix.Length]));

    private string Generate(string prefix)
    {
        var name = prefix + _counter++.ToString("D10", CultureInfo.InvariantCulture);
        _generated.Add(name);
        return name;
    }
}
