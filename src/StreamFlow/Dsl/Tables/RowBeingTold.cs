using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// The change that a table is telling those behind it at this moment, for a join whose two sides both come from it: one of them is
/// told first, and the row that it looks up is another one already, of which the other side has not been told.
/// </summary>
internal sealed class RowBeingTold<TKey, TValue>(ChangesBeingTold changes)
{
    private readonly IEqualityComparer<TKey> _keys = KeyComparers.For<TKey>() ?? EqualityComparer<TKey>.Default;
    private TKey _key = default!;
    private ValueAndTimestamp<TValue>? _before;
    private long _number;

    /// <summary>Of the rows in a store of a task.</summary>
    public static RowBeingTold<TKey, TValue> Of(TaskContext task, StateStore store) => task.Shared(
        store, () => new RowBeingTold<TKey, TValue>(task.Shared(typeof(ChangesBeingTold), () => new ChangesBeingTold())));

    /// <summary>Those behind the table are about to be told.</summary>
    public void Begin(in TKey key, ValueAndTimestamp<TValue>? before)
    {
        (_key, _before) = (key, before);
        _number = changes.Begin();
    }

    /// <summary>They have been told.</summary>
    public void End()
    {
        (_key, _before, _number) = (default!, null, 0);
        changes.End();
    }

    /// <summary>The number of the change of a row that is being told; 0 when there is none.</summary>
    public long NumberOf(in TKey key) => _number != 0 && _keys.Equals(key, _key) ? _number : 0;

    /// <summary>Finds the row before the change that is being told.</summary>
    /// <returns>False when the row is not being told of.</returns>
    public bool TryGetBefore(in TKey key, out ValueAndTimestamp<TValue>? before)
    {
        before = _before;
        return NumberOf(in key) != 0;
    }
}

/// <summary>Numbers the changes that the tables of a task tell. What comes of one while it is told has its number.</summary>
internal sealed class ChangesBeingTold
{
    private long _last;
    private int _depth;

    public long Begin() => _depth++ == 0 ? ++_last : _last;

    public void End() => _depth--;
}
