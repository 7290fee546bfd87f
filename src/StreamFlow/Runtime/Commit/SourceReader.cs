using StreamFlow.Clients;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// Reads an input record once more, for the dead letter of a result that was refused when its input had been let go. That
/// it is not committed yet, so it is still there; and a failure is rare enough for a consumer of its own.
/// </summary>
/// <param name="services">What the threads share.</param>
/// <param name="threadName">Name of the thread, for the consumer's.</param>
internal sealed class SourceReader(ThreadServices services, string threadName)
{
    private const int MaxPolls = 100;
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>The record at a position; null when it is not there any more or the broker does not answer.</summary>
    public RawRecord? TryRead(in RecordOrigin origin)
    {
        if (origin.Offset < 0)
        {
            return null;
        }

        var partition = new TopicPartition(origin.Topic, origin.Partition);
        try
        {
            using var consumer = services.Clients.CreateConsumer(
                new ConsumerRole($"{threadName}-dead-letter", null, null, ReadCommitted: false, "error"));
            consumer.Assign([new PartitionOffset(partition, origin.Offset)]);
            for (var polls = 0; polls < MaxPolls; polls++)
            {
                consumer.Poll(PollTimeout);
                var batch = consumer.Reader(partition).Next();
                if (batch.Count > 0)
                {
                    return batch.Read(0).Offset == origin.Offset ? RecordContext.Copy(batch, 0) : null;
                }
            }
        }
        catch (KafkaClientException exception)
        {
            RuntimeLog.SourceNotRead(services.Logger, exception, threadName, partition, origin.Offset);
        }

        return null;
    }
}
