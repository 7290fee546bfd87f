using StreamFlow.Processing;
using StreamFlow.Serialization;

namespace StreamFlow.Planning;

/// <summary>What a source reads its topics as.</summary>
internal enum SourceKind
{
    Stream,
    Table,
    Repartition,
}

/// <summary>A node that reads topics.</summary>
internal abstract class SourceNode : NodeDescription
{
    protected SourceNode(string name, IReadOnlyCollection<string> topics, SourceKind sourceKind, OffsetReset? offsetReset)
        : base(name, NodeKind.Source, [])
    {
        Topics = [.. topics.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        SourceKind = sourceKind;
        OffsetReset = offsetReset;
    }

    /// <summary>Its topics, in ordinal order.</summary>
    public IReadOnlyList<string> Topics { get; }

    public SourceKind SourceKind { get; }

    public OffsetReset? OffsetReset { get; }

    public override string Detail => $"topics: [{string.Join(", ", Topics)}]";

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
        Topics.Select(topic => new SourceTopic(topic, SourceKind == SourceKind.Repartition, Name, OffsetReset));
}

/// <summary>How the records of a source get their time.</summary>
internal sealed record SourceTime<TKey, TValue>(
    TimestampExtractor<TKey, TValue>? Extractor, InvalidTimestampPolicy OnInvalid);

/// <summary>A source whose types are known.</summary>
internal sealed class SourceNode<TKey, TValue> : SourceNode
{
    private readonly SerdeSource<TKey> _keys;
    private readonly SerdeSource<TValue> _values;
    private ISerde<TKey>? _keySerde;
    private ISerde<TValue>? _valueSerde;

    public SourceNode(
        string name, IReadOnlyCollection<string> topics, SourceKind sourceKind, OffsetReset? offsetReset,
        SerdeSource<TKey> keys, SerdeSource<TValue> values, SourceTime<TKey, TValue> time)
        : base(name, topics, sourceKind, offsetReset)
    {
        _keys = keys;
        _values = values;
        Time = time;
        Output = new Output<TKey, TValue>(this);
    }

    public Output<TKey, TValue> Output { get; }

    public SourceTime<TKey, TValue> Time { get; }

    public override void Bind(SerdeRegistry serdes)
    {
        _keySerde = _keys.Resolve(serdes, $"the keys of {Name} ({Detail})");
        _valueSerde = _values.Resolve(serdes, $"the values of {Name} ({Detail})");
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
}
