using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// What a side of a join knows where both sides come from one table: which changes reach both. The side that is told first joins the rows
/// as they are now, with those before the change as the result before; for the other one all is done by then.
/// </summary>
/// <param name="turns">What both sides share.</param>
/// <param name="mine">The rows of this side.</param>
/// <param name="others">The rows of the other side.</param>
internal sealed class OneChange<TKey, TThis, TOther>(
    ChangesSeen turns, RowReader<TKey, TThis> mine, RowReader<TKey, TOther> others)
{
    public static OneChange<TKey, TThis, TOther> Of(
        TaskContext task, object join, RowReader<TKey, TThis> mine, RowReader<TKey, TOther> others) =>
        new(task.Shared(join, () => new ChangesSeen()), mine, others);

    /// <summary>Looks what a change of a row is to this side.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="other">The other row, as it was told last.</param>
    /// <param name="otherBefore">The other row, as this side's result before had it.</param>
    /// <returns>Whether the other side has done all that is to be done.</returns>
    public bool IsDone(in TKey key, ValueAndTimestamp<TOther>? other, out ValueAndTimestamp<TOther>? otherBefore)
    {
        otherBefore = other;
        if (turns.Last != 0 && turns.Last == mine.BeingTold(in key))
        {
            return true;
        }

        var number = others.BeingTold(in key);
        if (number != 0)
        {
            turns.Last = number;
            otherBefore = others.TryReadBefore(in key, out var row) ? row : null;
        }

        return false;
    }
}

/// <summary>The change that a side of a join has seen first.</summary>
internal sealed class ChangesSeen
{
    /// <summary>Its number; 0 before there was one.</summary>
    public long Last { get; set; }
}
