using StreamFlow.Planning;
using StreamFlow.Processing;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string ForEachPrefix = "KSTREAM-FOREACH-";

    /// <summary>
    /// Ends the stream in an action. What it does outside of Kafka is not part of exactly-once: after a failure it may
    /// be done again. A record without key or value that the action's types cannot express is skipped.
    /// </summary>
    /// <param name="action">What to do with key and value.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FOREACH-0000000001</c>.</param>
    /// <example><code>alerts.ForEach((id, alert) => pager.Send(alert))</code></example>
    public void ForEach(Action<TKey, TValue> action, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        // A peek that nobody listens behind.
        OperatorFactory<TKey, TValue, TKey, TValue> factory =
            (node, task, next) => new PeekProcessor<TKey, TValue>(node, task, next, action);
        AddOperator(name, ForEachPrefix, factory);
    }
}
