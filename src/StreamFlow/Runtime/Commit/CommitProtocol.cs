using StreamFlow.Clients;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>What becomes of a thread's tasks after a failure.</summary>
internal enum Recovery
{
    /// <summary>The error stands: it ends the thread.</summary>
    None,

    /// <summary>What was uncommitted is gone from the broker: running tasks go back to their last commit.</summary>
    Rewind,

    /// <summary>
    /// The producer is gone, and the last commit may have happened or not: once a new producer is registered the tasks
    /// are made anew and restored to what is committed.
    /// </summary>
    Reopen,
}

/// <summary>How the work of a thread becomes final, together for all of its tasks. Used on the stream thread only.</summary>
internal abstract class CommitProtocol : IDisposable
{
    /// <summary>The thread's producer at this moment.</summary>
    public abstract IKafkaProducer Producer { get; }

    /// <summary>Called before each record that is sent; null when there is nothing to do.</summary>
    public abstract Action? BeforeSend { get; }

    /// <summary>What the results on their way are due to.</summary>
    public SentResults Sent { get; } = new();

    /// <summary>Results that were refused in a transaction; null when a refused record does not lose others.</summary>
    public virtual RefusedRecords? Refused => null;

    /// <summary>Whether records may be processed and sent.</summary>
    public abstract bool IsOpen { get; }

    /// <summary>Whether something was sent that is neither committed nor aborted.</summary>
    public abstract bool HasOpenTransaction { get; }

    /// <summary>Makes ready to process.</summary>
    /// <returns>Null, or why it has to be tried again.</returns>
    public abstract KafkaClientException? TryOpen();

    /// <summary>Serves delivery reports; throws when one says that the thread cannot go on like this.</summary>
    public abstract void Poll();

    /// <summary>Waits until all that was sent is acknowledged.</summary>
    public abstract void AwaitDelivery();

    /// <summary>Makes the flushed and acknowledged work of the tasks final, and their staged changes local state.</summary>
    public abstract CommitOutcome Complete(IReadOnlyList<StreamTask> tasks, IReadOnlyList<PartitionOffset> offsets);

    /// <summary>Takes back what is uncommitted on the broker, if the failure is one that this mends.</summary>
    public abstract Recovery Abandon(Exception reason);

    /// <summary>The thread ends: aborts what is open, as far as the broker can be reached.</summary>
    public abstract void Close();

    public abstract void Dispose();
}
