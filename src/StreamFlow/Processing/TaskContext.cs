using Microsoft.Extensions.Logging;
using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>What the nodes of a task share.</summary>
internal sealed class TaskContext
{
    private readonly Dictionary<string, StateStore> _stores = new(StringComparer.Ordinal);

    public required TaskId TaskId { get; init; }

    public required string ApplicationId { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Sends to topics and decides about failures.</summary>
    public required RecordCollector Collector { get; init; }

    public required ErrorPolicy Errors { get; init; }

    public required TaskMetrics Metrics { get; init; }

    public required CacheBudget Budget { get; init; }

    public RecordContext Record => field ??= new RecordContext(keepsRaw: Errors.DeadLetterTopic is not null);

    /// <summary>Largest timestamp taken from any input partition of the task so far; -1 before the first.</summary>
    public long StreamTime { get; set; } = -1;

    public void AddStore(StateStore store) => _stores.Add(store.Name, store);

    public StateStore Store(string name) =>
        _stores.TryGetValue(name, out var store)
            ? store
            : throw new StreamsException($"Task {TaskId} has no state store '{name}'. Connect the store to the operator.");

    /// <summary>Counts and logs a record that is left out.</summary>
    public void Drop(DropReason reason, Node node)
    {
        Metrics.Dropped(reason);
        ProcessingLog.Dropped(Logger, TaskId, node.Name, reason, Record.Topic, Record.Partition, Record.Offset);
    }

    /// <summary>Logs an update of a table that is older than the row it replaces.</summary>
    public void OutOfOrder(long timestamp, long rowTimestamp, Node node) => ProcessingLog.OutOfOrder(
        Logger, TaskId, node.Name, timestamp, rowTimestamp, Record.Topic, Record.Partition, Record.Offset);
}
