using StreamFlow.Planning;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Describes the stores of a join of two streams.</summary>
internal static class JoinStores
{
    /// <summary>Of one side's records, side by side; the changelog has their headers, as Kafka Streams' has since 4.3.</summary>
    public static RowsDescription Records<TKey, T, TValue, TOther>(
        string name, SerdeSource<TKey> keys, SerdeSource<T> values, JoinWindows windows, StreamJoined<TKey, TValue, TOther> joined) =>
        new(
            new WindowStoreBuilder<TKey, T>(name, keys, values, windows.SizeMs, windows.RetentionMs)
            {
                KeepsTimestamps = false,
                KeepsHeaders = true,
                KeepsDuplicates = true,
                StoreType = joined.StoreType,
                LoggingEnabled = joined.LoggingEnabled,
                TopicConfigs = DeletedOnly(joined.TopicConfigs),
            },
            OnDemand: false);

    /// <summary>Of records that wait.</summary>
    public static RowsDescription Waiting<TKey, TValue, TOther>(
        string name, SerdeSource<TKey> keys, SerdeSource<TValue> values, SerdeSource<TOther> others,
        StreamJoined<TKey, TValue, TOther> joined) =>
        new(
            new WaitingStoreBuilder<TKey, TValue, TOther>(name, keys, values, others)
            {
                StoreType = joined.StoreType,
                LoggingEnabled = joined.LoggingEnabled,
                TopicConfigs = joined.TopicConfigs,
            },
            OnDemand: false);

    /// <summary>No two records have one key, so there is nothing to compact.</summary>
    private static Dictionary<string, string> DeletedOnly(IReadOnlyDictionary<string, string> configs)
    {
        var result = new Dictionary<string, string> { [InternalTopics.CleanupPolicy] = "delete" };
        foreach (var (name, value) in configs)
        {
            result[name] = value;
        }

        return result;
    }
}
