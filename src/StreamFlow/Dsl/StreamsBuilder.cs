using System.Text.RegularExpressions;
using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>
/// Describes a topology: start from the topics read, chain operators, end in topics written, then <see cref="Build()"/>.
/// </summary>
/// <example>
/// <code>
/// var builder = new StreamsBuilder();
/// builder.Stream&lt;string, string&gt;("words").GroupByKey().Count().ToStream().To("counts");
/// var topology = builder.Build();
/// </code>
/// </example>
public sealed partial class StreamsBuilder
{
    private const string SourcePrefix = "KSTREAM-SOURCE-";
    private const string TableSourcePrefix = "KTABLE-SOURCE-";
    private readonly TopologyGraph _graph = new();
    private Topology? _built;
    private TopologyOptions? _builtWith;

    /// <summary>Serdes for operators that are given none.</summary>
    public SerdeRegistry Serdes => _graph.Serdes;

    /// <summary>
    /// Where the bytes of stores are whose <see cref="Materialized{TKey, TValue}.StoreType"/> does not say so (Kafka's
    /// <c>dsl.store.suppliers.class</c>).
    /// </summary>
    /// <value>Default: <see cref="StoreType.Persistent"/>.</value>
    /// <example><code>var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };</code></example>
    public StoreType DefaultStoreType
    {
        get => _graph.DefaultStoreType;
        init => _graph.DefaultStoreType = value;
    }

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
    /// Reading exactly the same topics again gives the same source. They need not have the same number of partitions, unless an
    /// aggregation or a join is behind them without a repartition topic in between: then the application refuses to start,
    /// because records of one key would not meet.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="topics">Names of the topics; they must exist when the application starts.</param>
    /// <param name="consumed">How they are read, or <see langword="null"/> for defaults.</param>
    /// <returns>Their records.</returns>
    /// <exception cref="TopologyException">Some of the topics are read already, with other types or settings, or no topic can be called so.</exception>
    public KStream<TKey, TValue> Stream<TKey, TValue>(
        IReadOnlyCollection<string> topics, Consumed<TKey, TValue>? consumed = null)
    {
        ArgumentNullException.ThrowIfNull(topics);
        if (topics.Count == 0)
        {
            throw new ArgumentException("There are no topics to read. Give at least one.", nameof(topics));
        }

        foreach (var topic in topics)
        {
            ArgumentException.ThrowIfNullOrEmpty(topic, nameof(topics));
            ResourceName.CheckTopic(topic);
        }

        return Stream(topics, null, _graph.FindSource(topics), consumed ?? new Consumed<TKey, TValue>());
    }

    private KStream<TKey, TValue> Stream<TKey, TValue>(
        IReadOnlyCollection<string> topics, TopicPattern? pattern, SourceNode? existing, Consumed<TKey, TValue> consumed)
    {
        var name = _graph.NodeName(consumed.Name, SourcePrefix);
        var keys = SerdeSource<TKey>.Of(consumed.KeySerde);
        var values = SerdeSource<TValue>.Of(consumed.ValueSerde);
        var time = Time(consumed);
        var source = existing is not null
            ? Same(existing, consumed.OffsetReset, time)
            : Add(new SourceNode<TKey, TValue>(
                name, topics, SourceKind.Stream, consumed.OffsetReset, new StreamSerdes<TKey, TValue>(keys, values), time)
            {
                Pattern = pattern,
            });
        return new KStream<TKey, TValue>(_graph, source.Output, keys, values, repartitionRequired: false);
    }

    /// <summary>
    /// Reads all topics whose names match a regular expression, as one stream: those that are there at the start, and those that
    /// come while the application runs, which are taken in within <see cref="StreamFlowOptions.ClusterCheckInterval"/> and read from
    /// their beginning. One that is deleted is let go. The same expression again gives the same source. The application's own internal
    /// topics and its dead letter topic never match.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="pattern">What a name must be like as a whole: <c>orders-.*</c> does not match <c>old-orders-eu</c>.</param>
    /// <param name="consumed">How they are read, or <see langword="null"/> for defaults.</param>
    /// <returns>Their records.</returns>
    /// <exception cref="TopologyException">
    /// A topic that matches is read by another source already, or the expression is used already, with other types or settings.
    /// </exception>
    /// <example><code>builder.Stream&lt;string, string&gt;(new Regex("orders-.*")).To("orders")</code></example>
    public KStream<TKey, TValue> Stream<TKey, TValue>(Regex pattern, Consumed<TKey, TValue>? consumed = null)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        var names = new TopicPattern(pattern);
        return Stream([], names, _graph.FindSource(names), consumed ?? new Consumed<TKey, TValue>());
    }

    /// <summary>
    /// Reads a topic as a table: each record is the new row of its key, one without a value deletes the row, and records
    /// without a key are dropped and counted. The rows are kept in a store, with a changelog topic, once something looks
    /// them up: a name or a history in <paramref name="materialized"/>, a join, or a grouping.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="topic">Name of the topic; it must exist when the application starts.</param>
    /// <param name="consumed">How it is read, or <see langword="null"/> for defaults.</param>
    /// <param name="materialized">How rows are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>Its rows.</returns>
    /// <exception cref="TopologyException">The topic is read already.</exception>
    public KTable<TKey, TValue> Table<TKey, TValue>(
        string topic, Consumed<TKey, TValue>? consumed = null, Materialized<TKey, TValue>? materialized = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ResourceName.CheckTopic(topic);
        consumed ??= new Consumed<TKey, TValue>();
        materialized ??= new Materialized<TKey, TValue>();
        var storeName = _graph.StoreName(materialized.Name, topic + "-");
        var sourceName = _graph.NodeName(consumed.Name is null ? null : consumed.Name + "-source", SourcePrefix);
        var name = _graph.NodeName(TableName(topic, consumed.Name, materialized.ProcessorName), TableSourcePrefix);
        if (_graph.FindSource([topic]) is not null)
        {
            throw new TopologyException(
                $"'{topic}' is read already. Read it once by Table(...), keep the table, and use ToStream() where you need "
                + "its updates.");
        }

        var keys = SerdeSource<TKey>.Of(consumed.KeySerde);
        var values = SerdeSource<TValue>.Of(consumed.ValueSerde);
        var source = Add(new SourceNode<TKey, TValue>(
            sourceName,
            [topic],
            SourceKind.Table,
            consumed.OffsetReset,
            new StreamSerdes<TKey, TValue>(keys, values),
            Time(consumed)));
        (keys, values) = (keys.Or(materialized.KeySerde), values.Or(materialized.ValueSerde));
        var node = TableSource.Describe(
            name,
            source.Output,
            TableStore.Describe(storeName, keys, values, materialized),
            materialized,
            isAsRead: Same(materialized.KeySerde, consumed.KeySerde) && Same(materialized.ValueSerde, consumed.ValueSerde));
        _graph.Add(node);
        return new KTable<TKey, TValue>(_graph, node.Output, keys, values, new StoredRows<TKey, TValue>(storeName))
        {
            QueryableStoreName = materialized.Name,
            History = materialized.History,
        };
    }

    /// <summary>
    /// Finishes the description: finds the serdes, checks it as a whole, and cuts it into sub-topologies. From now on
    /// nothing can be added.
    /// </summary>
    /// <returns>The topology; the same one when called again.</returns>
    /// <exception cref="TopologyException">The description cannot run; the message says what to mend.</exception>
    public Topology Build() => Build(_builtWith ?? new TopologyOptions());

    /// <summary>Finishes the description as <see cref="Build()"/> does, and changes it where the options allow it.</summary>
    /// <param name="options">What the build may change of the description.</param>
    /// <returns>The topology; the same one when called again.</returns>
    /// <exception cref="TopologyException">The description cannot run; the message says what to mend.</exception>
    /// <exception cref="InvalidOperationException">It was built already, with other options.</exception>
    /// <example><code>builder.Build(new TopologyOptions { Optimization = TopologyOptimization.All })</code></example>
    public Topology Build(TopologyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (_built is not null && options != _builtWith)
        {
            throw new InvalidOperationException(
                $"The topology is built already, with {_builtWith}, so it cannot be built with {options}. Describe it on "
                + "another StreamsBuilder for that.");
        }

        _built ??= TopologyPlanner.Plan(_graph, options);
        _builtWith = options;
        return _built;
    }

    private SourceNode<TKey, TValue> Add<TKey, TValue>(SourceNode<TKey, TValue> source)
    {
        _graph.Add(source);
        return source;
    }

    private static bool Same<T>(ISerde<T>? kept, ISerde<T>? read) => kept is null || ReferenceEquals(kept, read);

    /// <summary>The operator of a table can be named in two places; in both of them it is one name too many.</summary>
    private static string? TableName(string topic, string? consumed, string? processor) =>
        consumed is null || processor is null
            ? consumed ?? processor
            : throw new TopologyException(
                $"The operator of Table(\"{topic}\") is named twice, '{consumed}' by Consumed.Name and '{processor}' by "
                + "Materialized.ProcessorName. Give it one name; Consumed.Name names its source too.");

    private static SourceTime<TKey, TValue> Time<TKey, TValue>(Consumed<TKey, TValue> consumed) =>
        new(consumed.TimestampExtractor, consumed.OnInvalidTimestamp);

    private static SourceNode<TKey, TValue> Same<TKey, TValue>(
        SourceNode existing, OffsetResetPolicy? offsetReset, SourceTime<TKey, TValue> time)
    {
        var topics = existing.TopicText;
        if (existing.SourceKind == SourceKind.Global)
        {
            throw new TopologyException(
                $"{topics} is read as a global table already, by each instance as a whole. Read a copy of the topic as a stream.");
        }

        if (existing.SourceKind == SourceKind.Table)
        {
            throw new TopologyException(
                $"{topics} is read as a table already. Use ToStream() of that table where you need its updates.");
        }

        if (existing is not SourceNode<TKey, TValue> same)
        {
            throw new TopologyException(
                $"{topics} is read twice, with different types, the second time as {typeof(TKey).Name} and "
                + $"{typeof(TValue).Name}. Records are deserialized once: read it once and MapValues where you need it.");
        }

        if (same.OffsetReset != offsetReset || same.Time != time)
        {
            throw new TopologyException(
                $"{topics} is read twice, with different offset resets or timestamp settings. Give both the same.");
        }

        return same;
    }
}
