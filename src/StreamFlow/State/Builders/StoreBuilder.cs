using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Describes a store: from one builder each task makes its own. The stores of tables and aggregations are described by the
/// builders of this namespace too; a store of your own has one derived from <see cref="StoreBuilder{TStore}"/>.
/// </summary>
public abstract class StoreBuilder
{
    /// <summary>Begins the description of a store; derive from <see cref="StoreBuilder{TStore}"/>.</summary>
    /// <param name="name">Name of the store.</param>
    protected StoreBuilder(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Name of the store: for queries, and in the changelog's name, <c>{application id}-{name}-changelog</c>.</summary>
    public string Name { get; }

    /// <summary>Where the bytes are.</summary>
    /// <value>Default: <see cref="StreamsBuilder.DefaultStoreType"/>.</value>
    public StoreType? StoreType { get; init; }

    /// <summary>Whether changes go to a changelog topic. Without one the state of a lost machine is lost.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool LoggingEnabled { get; init; } = true;

    /// <summary>Configuration of the changelog topic by Kafka's names; goes before the defaults.</summary>
    /// <value>Default: none; the topic is compacted, and that of a window or session store forgets what has expired.</value>
    public IReadOnlyDictionary<string, string> TopicConfigs { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether what was written expires by the time of its key, from the changelog too.</summary>
    internal virtual bool Expires => false;

    /// <summary>Configuration of the changelog that the kind of store needs; what the user sets goes before.</summary>
    internal virtual IReadOnlyDictionary<string, string> NeededConfigs => ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Makes the store of one task, checked.</summary>
    internal abstract StateStore Create(StoreSetup setup);

    /// <summary>What the store will hold.</summary>
    internal abstract StoreShape Describe(StoreSetup setup);

    /// <summary>How it is read, and the types of what it holds.</summary>
    internal virtual StoreContents Contents => new(StoreKind.Other, null, null);
}

/// <summary>Describes a store that processors use as a type.</summary>
/// <typeparam name="TStore">
/// What a processor gets: <see cref="IKeyValueStore{TKey, TValue}"/> and its like, or the class of your own store.
/// </typeparam>
public abstract class StoreBuilder<TStore> : StoreBuilder
    where TStore : class
{
    /// <summary>Begins the description of a store.</summary>
    /// <param name="name">Name of the store.</param>
    protected StoreBuilder(string name)
        : base(name)
    {
    }

    /// <summary>
    /// Makes the store of one task: a <see cref="StateStore"/> of the builder's name. Called once for each task, and once when
    /// the topology is built, so that what is missing is told then; that store is never opened.
    /// </summary>
    /// <param name="setup">What it is made of.</param>
    /// <returns>The store, not yet opened.</returns>
    protected abstract TStore Build(StoreSetup setup);

    internal override StoreShape Describe(StoreSetup setup) => new() { Kind = StoreShape.Own(typeof(TStore)) };

    internal sealed override StateStore Create(StoreSetup setup)
    {
        var built = Build(setup);
        if (built is not StateStore store)
        {
            throw new TopologyException(
                $"The builder of store '{Name}' has made {(built is null ? "nothing" : $"a {built.GetType()}")}, which is no state store. "
                + "Derive it from StateStore.");
        }

        return store.Name == Name
            ? store
            : throw new TopologyException(
                $"The builder of store '{Name}' has made a store named '{store.Name}'. Hand the builder's name on.");
    }
}

/// <summary>What a store is made of, in one task.</summary>
[Experimental("SF0001")]
public sealed class StoreSetup
{
    private readonly string _store;
    private readonly SerdeRegistry _serdes;

    internal StoreSetup(string store, string changelogTopic, SerdeRegistry serdes)
    {
        _store = store;
        ChangelogTopic = changelogTopic;
        _serdes = serdes;
    }

    /// <summary>
    /// Name of the store's changelog topic, whether it is logged or not; while the topology is built, without the application id.
    /// </summary>
    public string ChangelogTopic { get; }

    /// <summary>A serde for the keys of the store.</summary>
    /// <typeparam name="T">Type of the keys.</typeparam>
    /// <param name="serde">The serde, or <see langword="null"/> for the one registered for the type.</param>
    /// <returns>The serde, as it is used for the changelog.</returns>
    /// <exception cref="TopologyException">There is none.</exception>
    public ISerde<T> KeySerde<T>(ISerde<T>? serde = null) => Keys(SerdeSource<T>.Of(serde));

    /// <summary>A serde for the values of the store.</summary>
    /// <typeparam name="T">Type of the values.</typeparam>
    /// <param name="serde">The serde, or <see langword="null"/> for the one registered for the type.</param>
    /// <returns>The serde, as it is used for the changelog.</returns>
    /// <exception cref="TopologyException">There is none.</exception>
    public ISerde<T> ValueSerde<T>(ISerde<T>? serde = null) => Values(SerdeSource<T>.Of(serde));

    internal ISerde<T> Keys<T>(SerdeSource<T> source) => ResolveKeys(source).ForStore(ChangelogTopic, isKey: true);

    internal ISerde<T> Values<T>(SerdeSource<T> source) => ResolveValues(source).ForStore(ChangelogTopic, isKey: false);

    internal DataFormat KeyFormat<T>(SerdeSource<T> source) => DataFormat.Of(ResolveKeys(source));

    internal DataFormat ValueFormat<T>(SerdeSource<T> source) => DataFormat.Of(ResolveValues(source));

    private ISerde<T> ResolveKeys<T>(SerdeSource<T> source) => source.ResolveReading(_serdes, $"the keys of store {_store}");

    private ISerde<T> ResolveValues<T>(SerdeSource<T> source) => source.ResolveReading(_serdes, $"the values of store {_store}");
}
