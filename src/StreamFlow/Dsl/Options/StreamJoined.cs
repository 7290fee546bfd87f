using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow;

/// <summary>How two streams are joined, and how what they have in common is kept.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values of the stream that is joined.</typeparam>
/// <typeparam name="TOther">Type of the values of the other stream.</typeparam>
public sealed record StreamJoined<TKey, TValue, TOther>
{
    /// <summary>Serde of the keys, in stores and in repartition topics.</summary>
    /// <value>Default: the stream's, or the one registered for the type.</value>
    public ISerde<TKey>? KeySerde { get; init; }

    /// <summary>Serde of the stream's values.</summary>
    /// <value>Default: the stream's, or the one registered for the type.</value>
    public ISerde<TValue>? ValueSerde { get; init; }

    /// <summary>Serde of the other stream's values.</summary>
    /// <value>Default: the other stream's, or the one registered for the type.</value>
    public ISerde<TOther>? OtherValueSerde { get; init; }

    /// <summary>
    /// Base of the operators' names, <c>{name}-this-windowed</c> and so on, and of the repartition topics,
    /// <c>{name}-left-repartition</c> and <c>{name}-right-repartition</c>.
    /// </summary>
    /// <value>Default: generated, as <c>KSTREAM-JOINTHIS-0000000004</c>.</value>
    public string? Name { get; init; }

    /// <summary>
    /// Base of the stores' names, <c>{name}-this-join-store</c>, <c>{name}-other-join-store</c> and, of left and outer joins,
    /// <c>{name}-left-shared-join-store</c>, and so of their changelogs. Name them if they are to survive a change of the
    /// topology, because generated names count the operators before.
    /// </summary>
    /// <value>Default: generated, as <c>KSTREAM-JOINTHIS-0000000004-store</c>, whatever <see cref="Name"/> is.</value>
    public string? StoreName { get; init; }

    /// <summary>Whether changes of the stores go to changelog topics. Without them the records of a lost machine do not meet.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool LoggingEnabled { get; init; } = true;

    /// <summary>Where the bytes of the stores are.</summary>
    /// <value>Default: <see cref="StreamsBuilder.DefaultStoreType"/>.</value>
    public StoreType? StoreType { get; init; }

    /// <summary>Configuration of the changelog topics by Kafka's names; goes before the defaults.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyDictionary<string, string> TopicConfigs { get; init; } = new Dictionary<string, string>();
}
