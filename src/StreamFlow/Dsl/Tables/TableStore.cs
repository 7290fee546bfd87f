using StreamFlow.Planning;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Describes the stores of tables whose keys have no window.</summary>
internal static class TableStore
{
    /// <param name="graph">The description.</param>
    /// <param name="name">Name of the store.</param>
    /// <param name="keys">Serde of the keys.</param>
    /// <param name="values">Serde of the values.</param>
    /// <param name="materialized">How the rows are kept.</param>
    public static StoreDescription Describe<TKey, TValue>(
        TopologyGraph graph, string name, SerdeSource<TKey> keys, SerdeSource<TValue> values,
        Materialized<TKey, TValue> materialized) =>
        new(name, serdes =>
        {
            var keySerde = keys.Resolve(serdes, $"the keys of store {name}");
            var valueSerde = values.Resolve(serdes, $"the values of store {name}");
            return new StoreDefinition
            {
                Name = name,
                IsPersistent = graph.IsPersistent(materialized.StoreType),
                IsLogged = materialized.LoggingEnabled,
                ChangelogConfigs = InternalTopics.KeyValueChangelogConfigs(materialized.TopicConfigs),
                Create = changelog => new KeyValueStore<TKey, TValue>(
                    name,
                    keySerde.ForStore(changelog, isKey: true),
                    valueSerde.ForStore(changelog, isKey: false),
                    timestamped: true),
            };
        });
}
