using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Looks rows of a table up by their keys, in one task.</summary>
internal abstract class RowReader<TKey, TValue>
{
    /// <returns>Whether there is a row.</returns>
    public abstract bool TryRead(in TKey key, out ValueAndTimestamp<TValue> row);

    /// <summary>
    /// The row as those behind the table have been told of it. With the record cache on it may have changed since, and they will be
    /// told when the cache is flushed.
    /// </summary>
    public virtual bool TryReadTold(in TKey key, out ValueAndTimestamp<TValue> row) => TryRead(in key, out row);

    /// <summary>The row as it was at a time, where the table has a history; else as it is.</summary>
    /// <returns>Whether there was one; also false before the history.</returns>
    public virtual bool TryRead(in TKey key, long asOf, out ValueAndTimestamp<TValue> row) => TryRead(in key, out row);
}

/// <summary>
/// Where the rows of a table can be looked up: in its own store, or in that of the table it is derived from. Who looks them
/// up says so by <see cref="NodeDescription.LooksUp"/>, so that they are kept.
/// </summary>
internal abstract class TableRows<TKey, TValue>
{
    public abstract RowReader<TKey, TValue> Reader(TaskContext task);
}

/// <summary>The rows of a table that keeps them by key.</summary>
internal sealed class StoredRows<TKey, TValue>(string store) : TableRows<TKey, TValue>
{
    public override RowReader<TKey, TValue> Reader(TaskContext task) =>
        task.Store(store) is VersionedStore<TKey, TValue> versioned
            ? new VersionReader<TKey, TValue>(versioned)
            : new StoreReader<TKey, TValue>((KeyValueStore<TKey, TValue>)task.Store(store));
}

/// <summary>The rows of a windowed aggregation.</summary>
internal sealed class WindowedRows<TKey, TValue>(string store) : TableRows<Windowed<TKey>, TValue>
{
    public override RowReader<Windowed<TKey>, TValue> Reader(TaskContext task) =>
        new WindowReader<TKey, TValue>((WindowStore<TKey, TValue>)task.Store(store));
}

/// <summary>The rows of a table that is derived from another row by row and keeps none itself.</summary>
internal sealed class DerivedRows<TKey, TParentValue, TValue>(
    TableRows<TKey, TParentValue> parent, Func<RowReader<TKey, TParentValue>, RowReader<TKey, TValue>> derive)
    : TableRows<TKey, TValue>
{
    public override RowReader<TKey, TValue> Reader(TaskContext task) => derive(parent.Reader(task));
}

internal sealed class StoreReader<TKey, TValue>(KeyValueStore<TKey, TValue> store) : RowReader<TKey, TValue>
{
    public override bool TryRead(in TKey key, out ValueAndTimestamp<TValue> row)
    {
        ref var entry = ref store.Find(in key);
        row = new ValueAndTimestamp<TValue>(entry.Value, entry.Timestamp);
        return entry.HasValue;
    }

    public override bool TryReadTold(in TKey key, out ValueAndTimestamp<TValue> row)
    {
        var told = store.Told(ref store.Find(in key));
        row = new ValueAndTimestamp<TValue>(told.Value, told.Timestamp);
        return told.HasValue;
    }
}

internal sealed class VersionReader<TKey, TValue>(VersionedStore<TKey, TValue> store) : RowReader<TKey, TValue>
{
    public override bool TryRead(in TKey key, out ValueAndTimestamp<TValue> row) => store.TryGet(key, out row);

    public override bool TryRead(in TKey key, long asOf, out ValueAndTimestamp<TValue> row) =>
        store.TryGet(key, asOf, out row);
}

internal sealed class WindowReader<TKey, TValue>(WindowStore<TKey, TValue> store) : RowReader<Windowed<TKey>, TValue>
{
    public override bool TryRead(in Windowed<TKey> key, out ValueAndTimestamp<TValue> row)
    {
        ref var entry = ref store.Find(key.Key, key.Window.Start);
        row = new ValueAndTimestamp<TValue>(entry.Value, entry.Timestamp);
        return entry.HasValue;
    }

    public override bool TryReadTold(in Windowed<TKey> key, out ValueAndTimestamp<TValue> row)
    {
        var told = store.Told(ref store.Find(key.Key, key.Window.Start));
        row = new ValueAndTimestamp<TValue>(told.Value, told.Timestamp);
        return told.HasValue;
    }
}
