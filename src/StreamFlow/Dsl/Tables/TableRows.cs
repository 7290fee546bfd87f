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

    /// <summary>The row before the change of it that its table is telling at this moment; where there is none, as it was told.</summary>
    public virtual bool TryReadBefore(in TKey key, out ValueAndTimestamp<TValue> row) => TryReadTold(in key, out row);

    /// <summary>
    /// The number of the change that the row's table, or one that it comes from, is telling at this moment of the row; 0 when there is none.
    /// </summary>
    public virtual long BeingTold(in TKey key) => 0;

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
    /// <param name="task">The task.</param>
    /// <param name="skipsFailing">
    /// Whether a row on which a function of the table fails is none, as it is for those behind the table, which has told that it
    /// fails. If not, or where no failure may be let through, the look-up throws what the function throws.
    /// </param>
    public abstract RowReader<TKey, TValue> Reader(TaskContext task, bool skipsFailing = false);
}

/// <summary>The rows of a table that keeps them by key.</summary>
internal sealed class StoredRows<TKey, TValue>(string store) : TableRows<TKey, TValue>
{
    public override RowReader<TKey, TValue> Reader(TaskContext task, bool skipsFailing = false) =>
        task.Store(store) is VersionedStore<TKey, TValue> versioned
            ? new VersionReader<TKey, TValue>(task, versioned)
            : new StoreReader<TKey, TValue>(task, (KeyValueStore<TKey, TValue>)task.Store(store));
}

/// <summary>The rows of a windowed aggregation.</summary>
internal sealed class WindowedRows<TKey, TValue>(string store) : TableRows<Windowed<TKey>, TValue>
{
    public override RowReader<Windowed<TKey>, TValue> Reader(TaskContext task, bool skipsFailing = false) =>
        new WindowReader<TKey, TValue>(task, (WindowStore<TKey, TValue>)task.Store(store));
}

/// <summary>The rows of a table that is derived from another row by row and keeps none itself.</summary>
internal sealed class DerivedRows<TKey, TParentValue, TValue>(
    TableRows<TKey, TParentValue> parent, Func<RowReader<TKey, TParentValue>, bool, RowReader<TKey, TValue>> derive)
    : TableRows<TKey, TValue>
{
    public override RowReader<TKey, TValue> Reader(TaskContext task, bool skipsFailing = false) =>
        derive(parent.Reader(task, skipsFailing), skipsFailing && task.Errors.MayLetThrough);
}

/// <summary>Looks rows up in the store of a table.</summary>
internal abstract class StoredReader<TKey, TValue>(TaskContext task, StateStore store) : RowReader<TKey, TValue>
{
    private RowBeingTold<TKey, TValue>? _beingTold;

    private RowBeingTold<TKey, TValue> Change => _beingTold ??= RowBeingTold<TKey, TValue>.Of(task, store);

    public override bool TryReadBefore(in TKey key, out ValueAndTimestamp<TValue> row)
    {
        if (!Change.TryGetBefore(in key, out var before))
        {
            return TryReadTold(in key, out row);
        }

        row = before.GetValueOrDefault();
        return before is not null;
    }

    public override long BeingTold(in TKey key) => Change.NumberOf(in key);
}

internal sealed class StoreReader<TKey, TValue>(TaskContext task, KeyValueStore<TKey, TValue> store)
    : StoredReader<TKey, TValue>(task, store)
{
    public override bool TryRead(in TKey key, out ValueAndTimestamp<TValue> row)
    {
        ref var entry = ref store.Find(in key);
        row = new ValueAndTimestamp<TValue>(store.Lend(entry.Value, entry.HasValue), entry.Timestamp);
        return entry.HasValue;
    }

    public override bool TryReadTold(in TKey key, out ValueAndTimestamp<TValue> row)
    {
        var told = store.Told(ref store.Find(in key));
        row = new ValueAndTimestamp<TValue>(store.Lend(told.Value, told.HasValue), told.Timestamp);
        return told.HasValue;
    }
}

internal sealed class VersionReader<TKey, TValue>(TaskContext task, VersionedStore<TKey, TValue> store)
    : StoredReader<TKey, TValue>(task, store)
{
    public override bool TryRead(in TKey key, out ValueAndTimestamp<TValue> row) => store.TryGet(key, out row);

    public override bool TryRead(in TKey key, long asOf, out ValueAndTimestamp<TValue> row) =>
        store.TryGet(key, asOf, out row);
}

internal sealed class WindowReader<TKey, TValue>(TaskContext task, WindowStore<TKey, TValue> store)
    : StoredReader<Windowed<TKey>, TValue>(task, store)
{
    public override bool TryRead(in Windowed<TKey> key, out ValueAndTimestamp<TValue> row)
    {
        ref var entry = ref store.Find(key.Key, key.Window.Start);
        row = new ValueAndTimestamp<TValue>(store.Lend(entry.Value, entry.HasValue), entry.Timestamp);
        return entry.HasValue;
    }

    public override bool TryReadTold(in Windowed<TKey> key, out ValueAndTimestamp<TValue> row)
    {
        var told = store.Told(ref store.Find(key.Key, key.Window.Start));
        row = new ValueAndTimestamp<TValue>(store.Lend(told.Value, told.HasValue), told.Timestamp);
        return told.HasValue;
    }
}
