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
        TimeWindows windows, long retentionMs) =>
        new(name, keys, values, windows.SizeMs, retentionMs)
        {
            WindowKind = KindOf(windows),
            StoreType = materialized.StoreType,
            LoggingEnabled = materialized.LoggingEnabled,
            TopicConfigs = materialized.TopicConfigs,
        };

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
