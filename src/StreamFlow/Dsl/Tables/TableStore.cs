using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Describes the stores of tables.</summary>
internal static class TableStore
{
    /// <summary>The store of a table whose keys have no window.</summary>
    public static KeyValueStoreBuilder<TKey, TValue> Describe<TKey, TValue>(
        string name, SerdeSource<TKey> keys, SerdeSource<TValue> values, Materialized<TKey, TValue> materialized) =>
        new(name, keys, values)
        {
            StoreType = materialized.StoreType,
            LoggingEnabled = materialized.LoggingEnabled,
            TopicConfigs = materialized.TopicConfigs,
        };

    /// <summary>The store of a table by key and window.</summary>
    public static WindowStoreBuilder<TKey, TValue> DescribeWindows<TKey, TValue>(
        string name, SerdeSource<TKey> keys, SerdeSource<TValue> values, Materialized<TKey, TValue> materialized,
        long sizeMs, long retentionMs) =>
        new(name, keys, values, sizeMs, retentionMs)
        {
            StoreType = materialized.StoreType,
            LoggingEnabled = materialized.LoggingEnabled,
            TopicConfigs = materialized.TopicConfigs,
        };
}
