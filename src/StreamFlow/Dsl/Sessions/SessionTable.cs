using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Makes the handles of tables by session.</summary>
internal static class SessionTable
{
    public static KTable<Windowed<TKey>, TResult> Of<TKey, TResult>(
        TopologyGraph graph, Output<Windowed<TKey>, Change<TResult>> output, SerdeSource<TKey> keys,
        SerdeSource<TResult> values, string store, string? queryableName)
    {
        var windowedKeys = SerdeSource<Windowed<TKey>>.From(
            (serdes, where) => new SessionWindowedSerde<TKey>(keys.Resolve(serdes, where)));
        return new KTable<Windowed<TKey>, TResult>(
            graph, output, windowedKeys, values, new SessionRows<TKey, TResult>(store))
        {
            QueryableStoreName = queryableName,
        };
    }

    /// <summary>The end of a session is in it, and so is the last moment of gap and grace.</summary>
    public static WindowClosing<Windowed<TKey>> ClosingOf<TKey>(SessionWindows windows) =>
        new(EventTime.Add(windows.OpenMs, 1), key => key.Window.End);
}

/// <summary>The rows of an aggregation by session.</summary>
internal sealed class SessionRows<TKey, TValue>(string store) : TableRows<Windowed<TKey>, TValue>
{
    public override RowReader<Windowed<TKey>, TValue> Reader(TaskContext task, bool skipsFailing = false) =>
        new SessionReader<TKey, TValue>(task, (SessionStore<TKey, TValue>)task.Store(store));
}

internal sealed class SessionReader<TKey, TValue>(TaskContext task, SessionStore<TKey, TValue> store)
    : StoredReader<Windowed<TKey>, TValue>(task, store)
{
    public override bool TryRead(in Windowed<TKey> key, out ValueAndTimestamp<TValue> row)
    {
        ref var entry = ref store.Find(key.Key, key.Window.Start, key.Window.End);
        row = new ValueAndTimestamp<TValue>(store.Lend(entry.Value, entry.HasValue), key.Window.End);
        return entry.HasValue;
    }
}
