using StreamFlow.Planning;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>Makes the handles of tables whose windows are known by their starts.</summary>
internal static class WindowedTable
{
    public static KTable<Windowed<TKey>, TResult> Of<TKey, TResult>(
        TopologyGraph graph, Output<Windowed<TKey>, Change<TResult>> output, SerdeSource<TKey> keys,
        SerdeSource<TResult> values, string store, Func<long, Window> windowAt, string? queryableName)
    {
        var windowedKeys = SerdeSource<Windowed<TKey>>.From(
            (serdes, where) => new TimeWindowedSerde<TKey>(keys.Resolve(serdes, where), windowAt));
        return new KTable<Windowed<TKey>, TResult>(
            graph, output, windowedKeys, values, new WindowedRows<TKey, TResult>(store))
        {
            QueryableStoreName = queryableName,
        };
    }
}
