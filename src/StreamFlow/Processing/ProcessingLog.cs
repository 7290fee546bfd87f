using Microsoft.Extensions.Logging;

namespace StreamFlow.Processing;

/// <summary>Log messages of the record's path.</summary>
internal static partial class ProcessingLog
{
    [LoggerMessage(1, LogLevel.Warning,
        "Task {TaskId}: {Node} left out {Count} record(s) ({Reason}), the last one from input {Topic}-{Partition} offset {Offset}: "
        + "{Times}")]
    public static partial void Dropped(
        ILogger logger, TaskId taskId, string node, long count, DropReason reason, string topic, int partition, long offset,
        string times);

    [LoggerMessage(2, LogLevel.Warning,
        "Task {TaskId}: {Node} failed in {Stage}, answer {Response}, input {Topic}-{Partition} offset {Offset}")]
    public static partial void Failed(
        ILogger logger, Exception exception, TaskId taskId, string node, ErrorStage stage, ErrorResponse response,
        string topic, int partition, long offset);

    [LoggerMessage(3, LogLevel.Warning,
        "Task {TaskId}: {Node} got an update of time {Timestamp} for a row of time {RowTimestamp}; the row is replaced all "
        + "the same, input {Topic}-{Partition} offset {Offset}, {Count} such update(s) since the last line")]
    public static partial void OutOfOrder(
        ILogger logger, TaskId taskId, string node, long timestamp, long rowTimestamp,
        string topic, int partition, long offset, long count);

    [LoggerMessage(4, LogLevel.Warning, "Task {TaskId}: {Node} left out {Count} more record(s) ({Reason})")]
    public static partial void DroppedBefore(
        ILogger logger, TaskId taskId, string node, long count, DropReason reason);

    [LoggerMessage(5, LogLevel.Error,
        "Task {TaskId}: {Node} failed in {Stage} on input {Topic}-{Partition} offset {Offset} ({Failure}), and the handler that was to "
        + "decide about it threw: {HandlerFailure}")]
    public static partial void HandlerFailed(
        ILogger logger, Exception exception, TaskId taskId, string node, ErrorStage stage, string topic, int partition, long offset,
        string failure, string handlerFailure);

    [LoggerMessage(6, LogLevel.Error,
        "Task {TaskId}: a listener of the meter StreamFlow throws; what is counted does not reach it. Said once per task")]
    public static partial void MeasurementFailed(ILogger logger, Exception exception, TaskId taskId);

    [LoggerMessage(7, LogLevel.Warning,
        "Task {TaskId}: {Node} failed on the value before an update, and takes it for none, input {Topic}-{Partition} offset {Offset}, "
        + "{Count} such update(s) since the last line. If the function did not fail when that value came, what is behind it still has it")]
    public static partial void OldValueFailed(
        ILogger logger, Exception exception, TaskId taskId, string node, string topic, int partition, long offset, long count);

    [LoggerMessage(10, LogLevel.Error,
        "Task {TaskId}: {Node} failed in {Stage} on input {Topic}-{Partition} offset {Offset} (time {Timestamp}, {Sizes}): {Error} "
        + "Its dead letter was refused by {DeadLetterTopic} whatever was left out: {Refusal} Answer {Response}")]
    public static partial void DeadLetterLost(
        ILogger logger, TaskId taskId, string node, ErrorStage stage, string topic, int partition, long offset, long timestamp,
        string sizes, string error, string deadLetterTopic, string refusal, ErrorResponse response);

    [LoggerMessage(216, LogLevel.Error, "Task {TaskId}: processor {Node} failed in Close; the task is closed all the same")]
    public static partial void CloseFailed(ILogger logger, Exception exception, TaskId taskId, string node);

    [LoggerMessage(350, LogLevel.Error,
        "Task {TaskId}: the tap {Node} threw when it was shown a committed record, which it has lost; the task goes on")]
    public static partial void TapFailed(ILogger logger, Exception exception, TaskId taskId, string node);
}
