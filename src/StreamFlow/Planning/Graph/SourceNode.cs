using StreamFlow.Clients;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Planning;

/// <summary>What a source reads its topics as.</summary>
internal enum SourceKind
{
    Stream,
    Table,
    Repartition,

    /// <summary>All partitions, by each instance.</summary>
    Global,
}

/// <summary>A node that reads topics.</summary>
internal abstract class SourceNode : NodeDescription
{
    protected SourceNode(string name, IReadOnlyCollection<string> topics, SourceKind sourceKind, OffsetResetPolicy? offsetReset)
        : base(name, NodeKind.Source, [])
    {
        Topics = [.. topics.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        SourceKind = sourceKind;
        OffsetReset = offsetReset;
    }

    /// <summary>Its topics, in ordinal order; none where it has a pattern.</summary>
    public IReadOnlyList<string> Topics { get; }

    /// <summary>What the names of its topics are like; null where they are given.</summary>
    public TopicPattern? Pattern { get; init; }

    public SourceKind SourceKind { get; }

    public OffsetResetPolicy? OffsetReset { get; }

    /// <summary>A processor for each topic, so that its serdes know where they are.</summary>
    public sealed override IEnumerable<Node> Create(TaskLinker linker)
    {
        foreach (var topic in Topics)
        {
            var source = CreateSource(linker, topic);
            linker.Add(topic, source);
            yield return source;
        }
    }

    public abstract SourceProcessor CreateSource(TaskLinker linker, string topic);

    public IEnumerable<SourceTopic> SourceTopics =>
        Topics.Select(topic => new SourceTopic(topic, KindOf(SourceKind), Name, OffsetReset)
        {
            IsTable = SourceKind == SourceKind.Table,
            KeySuffix = KeySuffix,
        });

    /// <inheritdoc cref="SourceTopic.KeySuffix"/>
    public abstract int KeySuffix { get; }

    private static TopicKind KindOf(SourceKind kind) => kind switch
    {
        SourceKind.Repartition => TopicKind.Repartition,
        SourceKind.Global => TopicKind.Global,
        _ => TopicKind.Input,
    };

    /// <summary>
    /// The topic as the changelog of the rows read from it; null where they are not what the topic says, because times are
    /// extracted, records left out, only later ones read, or serdes look at where they are. Known once serdes are bound.
    /// </summary>
    public abstract SourceChangelog? AsChangelog { get; }

    /// <summary>Whether it reads a topic of that name.</summary>
    public bool Reads(string topic) => Pattern?.Matches(topic) ?? Topics.Contains(topic, StringComparer.Ordinal);

    /// <summary>Its topics for those who read about them: their names, or the pattern.</summary>
    public string TopicText => Pattern?.ToString() ?? $"[{string.Join(", ", Topics)}]";

    protected string TopicList => $"topics: {TopicText}";

    public sealed override string Detail(IEnumerable<StoreBuilder> stores) => TopicList;
}

/// <summary>How the records of a source get their time.</summary>
internal sealed record SourceTime<TKey, TValue>(
    TimestampExtractor<TKey, TValue>? Extractor, InvalidTimestampPolicy OnInvalid);

/// <summary>A source whose types are known.</summary>
internal sealed class SourceNode<TKey, TValue> : SourceNode
{
    private readonly StreamSerdes<TKey, TValue> _serdes;
    private ISerde<TKey>? _keySerde;
    private ISerde<TValue>? _valueSerde;

    public SourceNode(
        string name, IReadOnlyCollection<string> topics, SourceKind sourceKind, OffsetResetPolicy? offsetReset,
        StreamSerdes<TKey, TValue> serdes, SourceTime<TKey, TValue> time)
        : base(name, topics, sourceKind, offsetReset)
    {
        _serdes = serdes;
        Time = time;
        Output = new Output<TKey, TValue>(this);
        Outputs = [Output];
    }

    public Output<TKey, TValue> Output { get; }

    public override IReadOnlyList<Output> Outputs { get; }

    public SourceTime<TKey, TValue> Time { get; }

    /// <summary>The serdes that it reads with, once they are bound.</summary>
    public (ISerde<TKey> Keys, ISerde<TValue> Values) Serdes => (_keySerde!, _valueSerde!);

    public override int KeySuffix => _keySerde is WindowKeySerde<TKey> windowed ? windowed.SuffixLength : 0;

    public override SourceChangelog? AsChangelog =>
        Topics.Count == 1
        && (OffsetReset is null || OffsetReset == OffsetResetPolicy.Earliest)
        && Time is { Extractor: null, OnInvalid: InvalidTimestampPolicy.Fail }
        && !LooksAtContext
            ? new SourceChangelog(Topics[0], IsRow)
            : null;

    /// <summary>Whether a serde may read the topic's records other than those of the store.</summary>
    private bool LooksAtContext
    {
        get
        {
            var bound = new TopicSerdes<TKey, TValue>(Topics[0], _keySerde!, _valueSerde!, writes: false);
            return !ReferenceEquals(bound.Keys, _keySerde) || !ReferenceEquals(bound.Values, _valueSerde);
        }
    }

    public override void Bind(SerdeRegistry serdes)
    {
        _keySerde = _serdes.Keys.ResolveReading(serdes, $"the keys of {Name} ({TopicList})");
        _valueSerde = _serdes.Values.ResolveReading(serdes, $"the values of {Name} ({TopicList})");
    }

    public override SourceProcessor CreateSource(TaskLinker linker, string topic)
    {
        var name = SourceKind == SourceKind.Repartition ? InternalTopics.NameOf(linker.Task.ApplicationId, topic) : topic;
        return new TopicSourceProcessor<TKey, TValue>(
            Name,
            linker.Task,
            new SourceFormat<TKey, TValue>(
                new TopicSerdes<TKey, TValue>(name, _keySerde!, _valueSerde!, writes: false), Time.Extractor, Time.OnInvalid),
            linker.Next(Output));
    }

    private bool IsRow(in ByteRecord record)
    {
        if (!record.HasKey)
        {
            return false;
        }

        try
        {
            _keySerde!.Deserialize(record.Key);
            if (record.HasValue)
            {
                _valueSerde!.Deserialize(record.Value);
            }

            return true;
        }
        catch (Exception)
        {
            // It could not be read when it was processed either, and the error handler had it left out.
            return false;
        }
    }
}
