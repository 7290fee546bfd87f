using System.Diagnostics.CodeAnalysis;

namespace StreamFlow;

/// <summary>
/// What records of a running topology are shown to, beside the topology: see <c>KStream.Tap</c>. Made for bridges to other
/// libraries, as StreamFlow.Reactive is one.
/// </summary>
[Experimental("SF0001")]
public abstract class RecordTap
{
    /// <summary>Creates it; derive from the one with types, which is what streams and tables take.</summary>
    protected RecordTap()
    {
    }

    /// <summary>Whether only records are shown whose input positions are committed; what is taken back is never seen then.</summary>
    /// <value>Default: <see langword="null"/>, with exactly-once; otherwise each record at once.</value>
    public bool? CommittedOnly { get; init; }

    /// <summary>An application with the topology is about to start.</summary>
    protected internal virtual void Starting()
    {
    }

    /// <summary>The application stops: whoever holds a stream thread up has to let it go. Perhaps called more than once.</summary>
    protected internal virtual void Stopping()
    {
    }

    /// <summary>The application has ended; nothing more comes.</summary>
    /// <param name="error">What ended it; <see langword="null"/> when it was stopped.</param>
    protected internal virtual void Ended(Exception? error)
    {
    }
}

/// <summary>A tap on records of these types.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
[Experimental("SF0001")]
public abstract class RecordTap<TKey, TValue> : RecordTap
{
    /// <summary>
    /// Takes a record. Called on the thread of the task, which waits for it; by several threads at once where tasks run on several.
    /// What it throws goes to the processing error handler, or to the log where the record is committed already.
    /// </summary>
    /// <param name="taskId">The task that has processed it.</param>
    /// <param name="record">The record; without a value it is a deletion.</param>
    protected internal abstract void Take(TaskId taskId, in Record<TKey, TValue> record);
}
