using System.ComponentModel;
using StreamFlow.Dsl;
using StreamFlow.Processing;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string PeekPrefix = "KSTREAM-PEEK-";

    /// <summary>
    /// Looks at each record and hands it on unchanged; for logs and counters. After a failure a record may be seen again.
    /// A record without key or value that the action's types cannot express passes unseen.
    /// </summary>
    /// <param name="action">What to do with key and value; must not change them.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-PEEK-0000000001</c>.</param>
    /// <returns>The same records.</returns>
    /// <example><code>orders.Peek((id, order) => logger.LogDebug("Order {Id}", id))</code></example>
    public KStream<TKey, TValue> Peek(Action<TKey, TValue> action, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        AsyncFunctions.Refuse(action);
        return Peek(PeekProcessor.Function(action), name);
    }

    /// <summary>Looks at each record as a whole, tombstones included, and hands it on unchanged.</summary>
    /// <param name="action">What to do with the record; must not change it.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-PEEK-0000000001</c>.</param>
    /// <returns>The same records.</returns>
    /// <example><code>amounts.Peek(record => deletions.Add(record.HasValue ? 0 : 1))</code></example>
    public KStream<TKey, TValue> Peek(Action<Record<TKey, TValue>> action, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        AsyncFunctions.Refuse(action);
        return Peek(PeekProcessor.Function(action), name);
    }

    /// <summary>Does not compile: an async function is not done when it returns.</summary>
    /// <param name="action">The function.</param>
    /// <param name="name">Name of the operator.</param>
    /// <returns>Nothing: it throws.</returns>
    /// <exception cref="TopologyException">Always.</exception>
    [Obsolete(AsyncFunctions.Refusal, error: true)]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public KStream<TKey, TValue> Peek(Func<TKey, TValue, Task> action, string? name = null) =>
        throw new TopologyException(AsyncFunctions.Refusal);

    /// <inheritdoc cref="Peek(Func{TKey, TValue, Task}, string)"/>
    [Obsolete(AsyncFunctions.Refusal, error: true)]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public KStream<TKey, TValue> Peek(Func<Record<TKey, TValue>, Task> action, string? name = null) =>
        throw new TopologyException(AsyncFunctions.Refusal);

    private KStream<TKey, TValue> Peek(RecordFunction<TKey, TValue, bool> action, string? name) =>
        Append(name, PeekPrefix, (node, task, next) =>
            new PeekProcessor<TKey, TValue>(node, task, next, action, seesAll: false));
}

/// <summary>Actions as functions, whose answer means nothing.</summary>
internal static class PeekProcessor
{
    public static RecordFunction<TKey, TValue, bool> Function<TKey, TValue>(Action<TKey, TValue> action) =>
        new((key, value) =>
        {
            action(key, value);
            return true;
        });

    public static RecordFunction<TKey, TValue, bool> Function<TKey, TValue>(Action<Record<TKey, TValue>> action) =>
        new(record =>
        {
            action(record);
            return true;
        });
}

internal sealed class PeekProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TValue> _next;
    private readonly RecordFunction<TKey, TValue, bool> _action;
    private readonly bool _seesAll;

    /// <param name="name">Name of the operator.</param>
    /// <param name="task">The task.</param>
    /// <param name="next">Where the records go.</param>
    /// <param name="action">The action.</param>
    /// <param name="seesAll">Whether a record that the action cannot be shown is an error; else it passes.</param>
    public PeekProcessor(
        string name, TaskContext task, Processor<TKey, TValue> next, RecordFunction<TKey, TValue, bool> action,
        bool seesAll)
        : base(name)
    {
        _task = task;
        _next = next;
        _action = action;
        _seesAll = seesAll;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (_seesAll || _action.Sees(in record))
        {
            try
            {
                _action.Invoke(in record);
            }
            catch (Exception e)
            {
                _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
                return;
            }
        }

        _next.Process(in record);
    }
}
