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
        TimeWindows windows) =>
        new(name, keys, values, windows.SizeMs, RetentionOf(name, materialized, windows.Retention, "size plus grace of its windows"))
        {
            WindowKind = KindOf(windows),
            KeepsObservedTime = true,
            StoreType = materialized.StoreType,
            LoggingEnabled = materialized.LoggingEnabled,
            TopicConfigs = materialized.TopicConfigs,
        };

    /// <summary>The store of a table by key and sliding window.</summary>
    public static WindowStoreBuilder<TKey, TValue> DescribeWindows<TKey, TValue>(
        string name, SerdeSource<TKey> keys, SerdeSource<TValue> values, Materialized<TKey, TValue> materialized,
        SlidingWindows windows) =>
        new(name, keys, values, windows.DifferenceMs, SlidingRetention(name, materialized, windows))
        {
            WindowKind = $"sliding windows of {Durations.Text(windows.Difference)}",
            KeepsObservedTime = true,
            StoreType = materialized.StoreType,
            LoggingEnabled = materialized.LoggingEnabled,
            TopicConfigs = materialized.TopicConfigs,
        };

    /// <summary>The store of a table by key and session.</summary>
    public static SessionStoreBuilder<TKey, TValue> DescribeSessions<TKey, TValue>(
        string name, SerdeSource<TKey> keys, SerdeSource<TValue> values, Materialized<TKey, TValue> materialized,
        SessionWindows windows) =>

        // A session that ends exactly gap and grace ago is still open, and must be found.
        new(name, keys, values, EventTime.Add(
            RetentionOf(name, materialized, windows.OpenMs, "gap plus grace of its sessions"), 1))
        {
            SessionKind = $"sessions with gaps of {Durations.Text(windows.Gap)}",
            KeepsObservedTime = true,
            StoreType = materialized.StoreType,
            LoggingEnabled = materialized.LoggingEnabled,
            TopicConfigs = materialized.TopicConfigs,
        };

    /// <summary>
    /// The window before an open one may begin two lengths and a moment before what is closed, and what is newest may begin
    /// a moment after the latest record.
    /// </summary>
    private static long SlidingRetention<TKey, TValue>(
        string store, Materialized<TKey, TValue> materialized, SlidingWindows windows) => Math.Max(
        RetentionOf(store, materialized, windows.Retention, "twice the difference plus grace of its windows"), windows.Retention + 2);

    /// <summary>How long a windowed store keeps what it has; one with a history is refused.</summary>
    private static long RetentionOf<TKey, TValue>(string store, Materialized<TKey, TValue> materialized, long least, string leastIs) =>
        materialized.History is null
            ? RetentionOf(store, materialized.Retention, least, leastIs)
            : throw new TopologyException(
                $"Store '{store}' of a windowed aggregation cannot have a history ({materialized.History}): the windows are the "
                + "history. Leave Materialized.History out.");

    private static long RetentionOf(string store, TimeSpan? given, long least, string leastIs)
    {
        if (given is not { } time)
        {
            return least;
        }

        var retention = time.Ticks / TimeSpan.TicksPerMillisecond;
        return retention >= least
            ? retention
            : throw new ArgumentException(
                $"Materialized.Retention of store '{store}' is {Durations.Text(time)}, less than {leastIs}, "
                + $"{Durations.Text(EventTime.Length(least))}: windows would be gone before they close.");
    }

    /// <summary>What decides which records share a window. The grace does not: it only decides which are late.</summary>
    private static string KindOf(TimeWindows windows)
    {
        var size = Durations.Text(windows.Size);
        return windows switch
        {
            TumblingWindows => $"tumbling windows of {size}",
            HoppingWindows hopping => $"hopping windows of {size} every {Durations.Text(hopping.Advance)}",
            UnlimitedWindows unlimited =>
                $"one window from {unlimited.Start.ToString("O", System.Globalization.CultureInfo.InvariantCulture)} on",
            _ => StoreShape.OwnWindows(windows.GetType(), windows.Size),
        };
    }
}
