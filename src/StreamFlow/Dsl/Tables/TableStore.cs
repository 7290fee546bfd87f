using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Describes the stores of tables.</summary>
internal static class TableStore
{
    /// <summary>The store of a table whose keys have no window.</summary>
    public static StoreBuilder Describe<TKey, TValue>(
        string name, SerdeSource<TKey> keys, SerdeSource<TValue> values, Materialized<TKey, TValue> materialized) =>
        materialized.History is { } history
            ? new VersionedStoreBuilder<TKey, TValue>(name, history, keys, values)
            {
                StoreType = materialized.StoreType,
                LoggingEnabled = materialized.LoggingEnabled,
                TopicConfigs = materialized.TopicConfigs,
            }
            : new KeyValueStoreBuilder<TKey, TValue>(name, keys, values)
            {
                StoreType = materialized.StoreType,
                LoggingEnabled = materialized.LoggingEnabled,
                TopicConfigs = materialized.TopicConfigs,
            };

    /// <summary>The store of a table by key and window.</summary>
    public static WindowStoreBuilder<TKey, TValue> DescribeWindows<TKey, TValue>(
        string name, SerdeSource<TKey> keys, SerdeSource<TValue> values, Materialized<TKey, TValue> materialized,
        TimeWindows windows, long retentionMs) =>
        materialized.History is null
            ? new(name, keys, values, windows.SizeMs, retentionMs)
            {
                WindowKind = KindOf(windows),
                StoreType = materialized.StoreType,
                LoggingEnabled = materialized.LoggingEnabled,
                TopicConfigs = materialized.TopicConfigs,
            }
            : throw new TopologyException(
                $"Store '{name}' of a windowed aggregation cannot have a history ({materialized.History}): the windows are the "
                + "history. Leave Materialized.History out.");

    /// <summary>What decides which records share a window. The grace does not: it only decides which are late.</summary>
    private static string KindOf(TimeWindows windows)
    {
        var size = Durations.Text(windows.Size);
        return windows switch
        {
            TumblingWindows => $"tumbling windows of {size}",
            HoppingWindows hopping => $"hopping windows of {size} every {Durations.Text(hopping.Advance)}",
            _ => StoreShape.OwnWindows(windows.GetType(), windows.Size),
        };
    }
}
