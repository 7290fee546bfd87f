using StreamFlow.Planning;
using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>
/// Describes a topology: start from the topics read, chain operators, end in topics written, then <see cref="Build"/>.
/// </summary>
/// <example>
/// <code>
/// var builder = new StreamsBuilder();
/// builder.Stream&lt;string, string&gt;("words").GroupByKey().Count().ToStream().To("counts");
/// var topology = builder.Build();
/// </code>
/// </example>
public sealed class StreamsBuilder
{
    private const string SourcePrefix = "KSTREAM-SOURCE-";
    private readonly TopologyGraph _graph = new();
    private Topology? _built;

    /// <summary>Serdes for operators that are given none.</summary>
    public SerdeRegistry Serdes => _graph.Serdes;

    /// <summary>Reads a topic.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="topic">Name of the topic; it must exist when the application starts.</param>
    /// <param name="consumed">How it is read, or <see langword="null"/> for defaults.</param>
    /// <returns>Its records.</returns>
    /// <exception cref="TopologyException">The topic is read already, with other types or settings.</exception>
    public KStream<TKey, TValue> Stream<TKey, TValue>(string topic, Consumed<TKey, TValue>? consumed = null) =>
        Stream([topic], consumed);

    /// <summary>
    /// Reads several topics as one stream. Between records of different topics only event time orders them.
    /// Reading exactly the same topics again gives the same source.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="topics">Names of the topics; they must exist when the application starts.</param>
    /// <param name="consumed">How they are read, or <see langword="null"/> for defaults.</param>
    /// <returns>Their records.</returns>
    /// <exception cref="TopologyException">Some of the topics are read already, with other types or settings.</exception>
    public KStream<TKey, TValue> Stream<TKey, TValue>(
        IReadOnlyCollection<string> topics, Consumed<TKey, TValue>? consumed = null)
    {
        ArgumentNullException.ThrowIfNull(topics);
        ArgumentOutOfRangeException.ThrowIfZero(topics.Count, nameof(topics));
        foreach (var topic in topics)
        {
            ArgumentException.ThrowIfNullOrEmpty(topic, nameof(topics));
        }

        consumed ??= new Consumed<TKey, TValue>();
        var name = _graph.NodeName(consumed.Name, SourcePrefix);
        var keys = SerdeSource<TKey>.Of(consumed.KeySerde);
        var values = SerdeSource<TValue>.Of(consumed.ValueSerde);
        var time = new SourceTime<TKey, TValue>(consumed.TimestampExtractor, consumed.OnInvalidTimestamp);
        var source = _graph.FindSource(topics) is { } existing
            ? Same(existing, consumed.OffsetReset, time)
            : Add(new SourceNode<TKey, TValue>(
                name, topics, isRepartition: false, consumed.OffsetReset, keys, values, time));
        return new KStream<TKey, TValue>(_graph, source.Output, keys, values, repartitionRequired: false);
    }

    /// <summary>
    /// Finishes the description: finds the serdes, checks it as a whole, and cuts it into sub-topologies. From now on
    /// nothing can be added.
    /// </summary>
    /// <returns>The topology; the same one when called again.</returns>
    /// <exception cref="TopologyException">The description cannot run; the message says what to mend.</exception>
    public Topology Build() => _built ??= TopologyPlanner.Plan(_graph);

    private SourceNode<TKey, TValue> Add<TKey, TValue>(SourceNode<TKey, TValue> source)
    {
        _graph.Add(source);
        return source;
    }

    private static SourceNode<TKey, TValue> Same<TKey, TValue>(
        SourceNode existing, OffsetReset? offsetReset, SourceTime<TKey, TValue> time)
    {
        var topics = string.Join(", ", existing.Topics);
        if (existing is not SourceNode<TKey, TValue> same)
        {
            throw new TopologyException(
                $"[{topics}] is read twice, with different types, the second time as {typeof(TKey).Name} and "
                + $"{typeof(TValue).Name}. Records are deserialized once: read it once and MapValues where you need it.");
        }

        if (same.OffsetReset != offsetReset || same.Time != time)
        {
            throw new TopologyException(
                $"[{topics}] is read twice, with different offset resets or timestamp settings. Give both the same.");
        }

        return same;
    }
}
