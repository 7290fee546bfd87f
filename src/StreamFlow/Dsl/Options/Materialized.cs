using System.Collections.ObjectModel;
using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>How an aggregation keeps its results, or a table or a view of one its rows.</summary>
/// <typeparam name="TKey">Type of the keys aggregated by, or of the rows.</typeparam>
/// <typeparam name="TValue">Type of the results, or of the rows.</typeparam>
public sealed record Materialized<TKey, TValue>
{
    /// <summary>
    /// Name of the store: for queries, and in the changelog's name, <c>{application id}-{name}-changelog</c>. Name every
    /// store that is to survive a change of the topology, because generated names count the operators before it.
    /// </summary>
    /// <value>
    /// Default: generated, as <c>KSTREAM-AGGREGATE-STATE-STORE-0000000001</c>. A table that is read from a topic has a store
    /// then only if something looks its rows up or needs the value before, a <c>Filter</c>, <c>MapValues</c> or join of tables none.
    /// </value>
    public string? Name { get; init; }

    /// <summary>Name of the operator.</summary>
    /// <value>
    /// Default: generated, as <c>KSTREAM-AGGREGATE-0000000002</c>; of a table its <c>Consumed.Name</c>, and both together are
    /// an error.
    /// </value>
    public string? ProcessorName { get; init; }

    /// <summary>Serde of the keys.</summary>
    /// <value>Default: the group's, or the table's, or the one registered for the type.</value>
    public ISerde<TKey>? KeySerde { get; init; }

    /// <summary>Serde of the results.</summary>
    /// <value>Default: the group's for a reduction, the table's, or the one registered for the type.</value>
    public ISerde<TValue>? ValueSerde { get; init; }

    /// <summary>
    /// How long a windowed store keeps windows behind the latest one; at least size and grace of the windows. Longer
    /// serves queries about the past. Not used by stores without windows.
    /// </summary>
    /// <value>Default: size plus grace of the windows.</value>
    public TimeSpan? Retention { get; init; }

    /// <summary>
    /// Whether results wait for the commit, so that of several updates of one key in between only the last is sent on.
    /// Off, each update is sent on at once.
    /// </summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool CachingEnabled { get; init; } = true;

    /// <summary>Whether changes go to a changelog topic. Without one the results of a lost machine are lost.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool LoggingEnabled { get; init; } = true;

    /// <summary>Where the bytes are.</summary>
    /// <value>Default: <see cref="StreamsBuilder.DefaultStoreType"/>.</value>
    public StoreType? StoreType { get; init; }

    /// <summary>Configuration of the changelog topic by Kafka's names; goes before the defaults.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyDictionary<string, string> TopicConfigs { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>
    /// How long behind the latest time the earlier versions of each row are kept (Kafka's versioned stores): a row is then what
    /// the update with the latest time says, whatever comes when, and a stream can be joined with the row of its time. An update
    /// that is older than the history is dropped and counted. Rows with a history are not cached; only tables without windows
    /// can have one.
    /// </summary>
    /// <value>Default: <see langword="null"/>, no history: the update that comes last is the row.</value>
    /// <exception cref="ArgumentOutOfRangeException">Less than a millisecond.</exception>
    public TimeSpan? History
    {
        get;
        init
        {
            if (value is { } history)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(history, TimeSpan.FromMilliseconds(1), nameof(History));
            }

            field = value;
        }
    }

    /// <summary>Whether it says anything but what the operator is called.</summary>
    internal bool SaysHow => this != new Materialized<TKey, TValue> { ProcessorName = ProcessorName };

    /// <summary>Whether rows are kept even if nobody looks them up.</summary>
    internal bool IsKept => Name is not null || History is not null;
}
