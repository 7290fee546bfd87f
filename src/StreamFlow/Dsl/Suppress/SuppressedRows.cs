using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>The rows of a table whose updates are held back, as those behind it know them.</summary>
internal sealed class SuppressedRows<TKey, TValue>(TableRows<TKey, TValue> parent, string store) : TableRows<TKey, TValue>
{
    public override RowReader<TKey, TValue> Reader(TaskContext task, bool skipsFailing = false) => new SuppressedReader<TKey, TValue>(
        parent.Reader(task, skipsFailing), (TimeOrderedBuffer<TKey, WaitingUpdate<TValue>>)task.Store(store));
}

/// <summary>Looks up what was sent on last: of a row that waits what it was before, of any other one what it is.</summary>
internal sealed class SuppressedReader<TKey, TValue>(
    RowReader<TKey, TValue> parent, TimeOrderedBuffer<TKey, WaitingUpdate<TValue>> buffer) : RowReader<TKey, TValue>
{
    // The time of the row before is not kept, as in Kafka Streams.
    private const long UnknownTime = -1;

    public override bool TryRead(in TKey key, out ValueAndTimestamp<TValue> row) =>
        buffer.TryGetWaiting(in key, out var update) ? HasPrior(in update, out row) : parent.TryRead(in key, out row);

    public override bool TryReadBefore(in TKey key, out ValueAndTimestamp<TValue> row) =>
        buffer.TryGetWaiting(in key, out var update) ? HasPrior(in update, out row) : parent.TryReadBefore(in key, out row);

    public override long BeingTold(in TKey key) => buffer.TryGetWaiting(in key, out _) ? 0 : parent.BeingTold(in key);

    private static bool HasPrior(in WaitingUpdate<TValue> update, out ValueAndTimestamp<TValue> row)
    {
        row = update.HasPrior ? new ValueAndTimestamp<TValue>(update.Prior, UnknownTime) : default;
        return update.HasPrior;
    }
}
