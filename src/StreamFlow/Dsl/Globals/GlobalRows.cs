using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Finds the row of a global table that belongs to a record, in one task.</summary>
internal abstract class GlobalLookup<TKey, TValue, TRow>
{
    /// <summary>Asks for the record's key in the table, and looks it up.</summary>
    /// <param name="record">The record.</param>
    /// <param name="row">The row, or null.</param>
    /// <returns>Whether the record has such a key.</returns>
    public abstract bool TryFind(in Record<TKey, TValue> record, out ValueAndTimestamp<TRow>? row);
}

/// <summary>
/// The same, whose key is known. What it reads is what the thread of the global tables has committed: it belongs to that
/// thread, and may be read by any other.
/// </summary>
internal sealed class GlobalLookup<TKey, TValue, TGlobalKey, TRow>(
    TaskContext task, string store, Func<TKey, TValue, TGlobalKey?> selector) : GlobalLookup<TKey, TValue, TRow>
{
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _value = new();
    private KeyValueView<TGlobalKey, TRow>? _rows;

    private KeyValueView<TGlobalKey, TRow> Rows => _rows ??= task.Views.Of(store).OfType<KeyValueView<TGlobalKey, TRow>>().FirstOrDefault()
        ?? throw new StateStoreException($"The global store '{store}' is not here: its thread has ended, or has not begun.");

    public override bool TryFind(in Record<TKey, TValue> record, out ValueAndTimestamp<TRow>? row)
    {
        MissingParts.RequireKey(in record);
        row = null;
        var key = selector(record.Key, record.Value);
        if (Missing.Is(key))
        {
            return false;
        }

        if (Rows.TryGet(key!, _key, _value, out var found))
        {
            row = found;
        }

        return true;
    }
}
