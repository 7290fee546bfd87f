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
        return Append(name, PeekPrefix, (node, task, next) =>
            new PeekProcessor<TKey, TValue>(node, task, next, action));
    }
}

internal sealed class PeekProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TValue> _next;
    private readonly Action<TKey, TValue> _action;

    public PeekProcessor(string name, TaskContext task, Processor<TKey, TValue> next, Action<TKey, TValue> action)
        : base(name)
    {
        _task = task;
        _next = next;
        _action = action;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!MissingParts.HideAny(in record))
        {
            try
            {
                _action(record.Key, record.Value);
            }
            catch (Exception e)
            {
                _task.Errors.Handle(_task, this, ErrorStage.Processing, e);
                return;
            }
        }

        _next.Process(in record);
    }
}
