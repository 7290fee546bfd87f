using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Describes a versioned store.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed class VersionedStoreBuilder<TKey, TValue> : TypedStoreBuilder<IVersionedKeyValueStore<TKey, TValue>, TKey, TValue>
{
    private static readonly TimeSpan AdditionalLag = TimeSpan.FromDays(1);
    private readonly long _historyMs;

    /// <summary>Begins the description of a store.</summary>
    /// <param name="name">Name of the store.</param>
    /// <param name="history">How long behind the latest time earlier versions can be read, a millisecond at least.</param>
    /// <exception cref="ArgumentException">The history is too short.</exception>
    public VersionedStoreBuilder(string name, TimeSpan history)
        : this(name, history, null, null)
    {
    }

    internal VersionedStoreBuilder(string name, TimeSpan history, SerdeSource<TKey>? keys, SerdeSource<TValue>? values)
        : base(name, keys, values) =>
        _historyMs = StoreTimes.Positive(name, history, nameof(history));

    /// <summary>Compaction must leave the versions that can still be read; a day more, as in Kafka Streams.</summary>
    internal override IReadOnlyDictionary<string, string> NeededConfigs => new Dictionary<string, string>
    {
        ["min.compaction.lag.ms"] = EventTime.Add(_historyMs, (long)AdditionalLag.TotalMilliseconds)
            .ToString(CultureInfo.InvariantCulture),
    };

    private protected override IVersionedKeyValueStore<TKey, TValue> Build(ISerde<TKey> keys, ISerde<TValue> values) =>
        new VersionedStore<TKey, TValue>(Name, keys, values, _historyMs);

    private protected override StoreShape Shape => new() { Kind = "a versioned store", Layout = StoreFormat.Versioned };
}
