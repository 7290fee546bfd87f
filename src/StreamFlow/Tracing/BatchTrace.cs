using System.Diagnostics;
using StreamFlow.Measuring;

namespace StreamFlow.Tracing;

/// <summary>
/// The spans of one thread, by OpenTelemetry's conventions of messaging: one for each batch from the first record after a commit to
/// the next commit, and one for each record whose producer was traced. Of the others a share begins a trace of its own; of a batch
/// in which no record has a trace, the first has a span in that of the batch.
/// </summary>
/// <param name="share">How many records without a trace begin one, 0 to 1.</param>
internal sealed class BatchTrace(double share)
{
    private Activity? _batch;
    private int _records;
    private int _links;
    private bool _isEntered;

    /// <summary>A run of records begins: whether anybody listens is asked once for all of them.</summary>
    public static bool IsOn => Spans.Source.HasListeners();

    /// <summary>Whether there is a batch that is neither committed nor given up.</summary>
    public bool IsOpen => _batch is not null;

    /// <summary>A record is about to be processed.</summary>
    /// <param name="application">The application.</param>
    /// <param name="taskId">The task.</param>
    /// <param name="record">Where the record is.</param>
    /// <param name="headers">Its headers; those of what becomes of it, afterwards.</param>
    /// <returns>Its span; null when it has none.</returns>
    public Activity? Begin(string application, TaskId taskId, RecordPosition record, ref Headers? headers)
    {
        _batch ??= BeginBatch(application);
        _records++;
        var hasParent = TraceHeaders.TryRead(headers, out var parent);
        var beginsTrace = !hasParent && RecordSampling.Chooses(share, record.Partition.Partition, record.Offset);
        if (hasParent ? !parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) : _records > 1 && !beginsTrace)
        {
            Enter();
            return null;
        }

        var batch = _batch?.Context ?? default;
        Leave();
        var span = Spans.Source.StartActivity(
            $"process {record.Partition.Topic}",
            ActivityKind.Consumer,
            hasParent ? parent : beginsTrace ? default : batch,
            tags: TagsOf(application, taskId, record),
            links: _batch is null ? null : [new ActivityLink(batch)]);
        if (span is null)
        {
            return null;
        }

        if (_links++ < Spans.MaxLinks)
        {
            _batch?.AddLink(new ActivityLink(span.Context));
        }

        headers = TraceHeaders.Write(headers, span, [span.Context]);
        return span;
    }

    /// <summary>The record is processed, or has failed.</summary>
    public static void End(Activity? span, Exception? failure)
    {
        if (span is null)
        {
            return;
        }

        if (failure is not null)
        {
            span.AddException(failure).SetStatus(ActivityStatusCode.Error, failure.Message);
        }

        span.Dispose();
        Activity.Current = null;
    }

    /// <summary>The thread goes on to something else: what its clients do is not part of the batch.</summary>
    public void Leave()
    {
        if (_isEntered)
        {
            _isEntered = false;
            Activity.Current = null;
        }
    }

    /// <summary>All that was processed is final, or given up.</summary>
    public void End(bool isCommitted)
    {
        Leave();
        if (_batch is null)
        {
            _records = 0;
            return;
        }

        _batch.SetTag("messaging.batch.message_count", _records);
        if (!isCommitted)
        {
            _batch.SetStatus(ActivityStatusCode.Error, "It was not committed, and is done again.");
        }

        _batch.Dispose();
        (_batch, _records, _links) = (null, 0, 0);
    }

    /// <summary>
    /// What the operators do for a record without a span is part of the batch. The thread stays in it from one such record to the
    /// next, because each change of the current span costs an object.
    /// </summary>
    private void Enter()
    {
        _isEntered = true;
        if (!ReferenceEquals(Activity.Current, _batch))
        {
            Activity.Current = _batch;
        }
    }

    private static Activity? BeginBatch(string application)
    {
        Activity.Current = null;
        var batch = Spans.Source.StartActivity(
            $"process {application}",
            ActivityKind.Consumer,
            parentContext: default,
            [
                new("messaging.system", "kafka"),
                new("messaging.operation.type", "process"),
                new("messaging.operation.name", "process"),
                new("messaging.consumer.group.name", application),
                new(ApplicationMeter.ApplicationTag, application),
                new("thread.name", Thread.CurrentThread.Name),
            ]);

        // Between records the thread is in no span: what its clients do is not part of the batch.
        Activity.Current = null;
        return batch;
    }

    private static KeyValuePair<string, object?>[] TagsOf(string application, TaskId taskId, RecordPosition record) =>
    [
        new("messaging.system", "kafka"),
        new("messaging.operation.type", "process"),
        new("messaging.operation.name", "process"),
        new("messaging.consumer.group.name", application),
        new("messaging.destination.name", record.Partition.Topic),
        new("messaging.destination.partition.id", $"{record.Partition.Partition}"),
        new("messaging.kafka.offset", record.Offset),
        new(ApplicationMeter.ApplicationTag, application),
        new("streamflow.task.id", taskId.ToString()),
    ];
}
