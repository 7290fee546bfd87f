using System.ComponentModel;
using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string ForEachPrefix = "KSTREAM-FOREACH-";

    /// <summary>
    /// Ends the stream in an action. What it does outside of Kafka is not part of exactly-once: after a failure it may
    /// be done again. A record without key or value that the action's types cannot express is an error, and the
    /// processing error handler decides: a deletion that is not carried out leaves a row for ever.
    /// </summary>
    /// <param name="action">What to do with key and value.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FOREACH-0000000001</c>.</param>
    /// <example><code>alerts.ForEach((id, alert) => pager.Send(alert))</code></example>
    public void ForEach(Action<TKey, TValue> action, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        AsyncFunctions.Refuse(action);
        ForEach(PeekProcessor.Function(action), name);
    }

    /// <summary>Ends the stream in an action on the record as a whole, tombstones included; else as the other form.</summary>
    /// <param name="action">What to do with the record.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FOREACH-0000000001</c>.</param>
    /// <example><code>
    /// counts.ToStream().ForEach(record =>
    /// {
    ///     if (record.HasValue)
    ///     {
    ///         shown[record.Key] = record.Value;
    ///     }
    ///     else
    ///     {
    ///         shown.Remove(record.Key);
    ///     }
    /// })
    /// </code></example>
    public void ForEach(Action<Record<TKey, TValue>> action, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        AsyncFunctions.Refuse(action);
        ForEach(PeekProcessor.Function(action), name);
    }

    /// <summary>Does not compile: an async function is not done when it returns.</summary>
    /// <param name="action">The function.</param>
    /// <param name="name">Name of the operator.</param>
    /// <exception cref="TopologyException">Always.</exception>
    [Obsolete(AsyncFunctions.Refusal, error: true)]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForEach(Func<TKey, TValue, Task> action, string? name = null) =>
        throw new TopologyException(AsyncFunctions.Refusal);

    /// <inheritdoc cref="ForEach(Func{TKey, TValue, Task}, string)"/>
    [Obsolete(AsyncFunctions.Refusal, error: true)]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForEach(Func<Record<TKey, TValue>, Task> action, string? name = null) =>
        throw new TopologyException(AsyncFunctions.Refusal);

    private void ForEach(RecordFunction<TKey, TValue, bool> action, string? name)
    {
        // A peek that nobody listens behind, and that must see everything.
        OperatorFactory<TKey, TValue, TKey, TValue> factory =
            (node, task, next) => new PeekProcessor<TKey, TValue>(node, task, next, action, seesAll: true);
        AddOperator(name, ForEachPrefix, factory);
    }
}
