using StreamFlow.Processing;
using StreamFlow.Tracing;

namespace StreamFlow.Runtime;

/// <summary>Takes the heads of a task's queues through its processors, one record at a time.</summary>
/// <param name="context">What the task's nodes share.</param>
internal sealed class QueueHeads(TaskContext context)
{
    /// <summary>Processes the head of a queue.</summary>
    public void Process(PartitionQueue queue) => Process(queue, queue.Batch.ReadHeaders(queue.Index));

    /// <summary>The same where something is looked after for each record: within a span, if it has one.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="traced">Whether somebody traces.</param>
    public void ProcessWatched(PartitionQueue queue, bool traced)
    {
        var headers = queue.Batch.ReadHeaders(queue.Index);
        if (!traced)
        {
            Process(queue, headers);
            return;
        }

        var position = new RecordPosition(queue.Partition, queue.Batch.Read(queue.Index).Offset);
        var span = context.Work.Trace.Begin(context.ApplicationId, context.TaskId, position, ref headers);
        Exception? failure = null;
        try
        {
            Process(queue, headers);
        }
        catch (Exception exception)
        {
            failure = exception;
            throw;
        }
        finally
        {
            BatchTrace.End(span, failure);
        }
    }

    private void Process(PartitionQueue queue, Headers? headers)
    {
        var record = queue.Batch.Read(queue.Index);
        context.Record.Set(queue.Partition.Topic, queue.Partition.Partition, record.Offset, queue.Batch, queue.Index);
        queue.Placement?.See(in record);
        var timestamp = queue.HeadTimestamp;
        queue.Counts?.Count(timestamp, record.Key.Length + record.Value.Length);
        if (!queue.IsHeadReadable)
        {
            // Without a time of its own; the source meets the same failure again and asks the error handler.
            queue.Source.Process(in record, headers, Math.Max(0, record.Timestamp));
        }
        else if (timestamp < 0 && queue.Source.ReadsTimestampFromRecord)
        {
            context.Drop(DropReason.InvalidTimestamp, queue.Source, timestamp);
        }
        else
        {
            if (timestamp < 0)
            {
                ThrowNegativeTimestamp(record.Timestamp);
            }

            if (timestamp > context.StreamTime)
            {
                context.StreamTime = timestamp;
            }

            queue.Source.Process(in record, headers, timestamp);
            context.Metrics.Processed();
        }

        queue.Advance();
    }

    /// <summary>A run of one record, so that how long it takes is known; or its failure, so that it takes no time at all.</summary>
    /// <param name="queue">Where it is the head.</param>
    /// <param name="verdict">The failure; null when it is to be processed.</param>
    /// <returns>How many records it was: one.</returns>
    public int ProcessAlone(PartitionQueue queue, SlowRecordException? verdict)
    {
        if (verdict is null)
        {
            Process(queue);
            return 1;
        }

        var offset = queue.Batch.Read(queue.Index).Offset;
        context.Record.Set(queue.Partition.Topic, queue.Partition.Partition, offset, queue.Batch, queue.Index);
        context.Errors.Handle(context, queue.Source, ErrorStage.Processing, verdict);
        queue.Advance();
        return 1;
    }

    private void ThrowNegativeTimestamp(long timestamp) =>
        throw new StreamsException(
            $"Task {context.TaskId}: the record {context.Record.Topic}-{context.Record.Partition} offset {context.Record.Offset} "
            + $"has the timestamp {timestamp}, which is negative. Set Consumed.TimestampExtractor to one that finds "
            + "a valid timestamp or leaves such records out.");
}
