using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using StreamFlow.Processing;

namespace StreamFlow.Dsl;

/// <summary>What a flat-mapping function returned. A lazy sequence runs the user's code while it is gone through.</summary>
internal static class ResultSequence
{
    public static IEnumerator<T> Enumerate<T>(IEnumerable<T>? items) =>
        items is null
            ? throw new InvalidOperationException(
                "The mapper returned null, which is no sequence. Return an empty one to make no record.")
            : items.GetEnumerator();

    /// <summary>
    /// The next item. One that throws ends the sequence, by the answer of the error handler; what happens to the records
    /// already handed on is not its business.
    /// </summary>
    public static bool TryMove<T, TKey, TValue>(
        IEnumerator<T> items, in Record<TKey, TValue> record, TaskContext task, Node node, [MaybeNullWhen(false)] out T item)
    {
        try
        {
            if (items.MoveNext())
            {
                item = items.Current;
                return true;
            }
        }
        catch (Exception e)
        {
            task.Errors.Handle(task, node, in record, ErrorStage.Processing, e);
        }

        item = default;
        return false;
    }
}

/// <summary>A record that a function made as a whole.</summary>
internal static class ResultRecord
{
    /// <summary>Its timestamp is none: the error handler decides about the record it was made of.</summary>
    public static void RefuseTime<TKey, TValue>(long timestamp, in Record<TKey, TValue> record, TaskContext task, Node node) =>
        task.Errors.Handle(task, node, in record, ErrorStage.Processing, new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture,
            $"The mapper made a record of timestamp {timestamp}, which is no event time. Keep that of the record it "
            + $"got, or set one of 0 or more by WithTimestamp.")));
}
