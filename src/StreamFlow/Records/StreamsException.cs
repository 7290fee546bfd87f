namespace StreamFlow;

/// <summary>Base of every error that StreamFlow raises at run time.</summary>
public class StreamsException : Exception
{
    /// <summary>
    /// What the kind of error is called in <c>docs/reference/errors.md</c>, which has causes and remedies. It never changes.
    /// </summary>
    public virtual string ErrorId => "SF0901";

    /// <summary>What went wrong, with what, and what to do; then <see cref="ErrorId"/> in brackets.</summary>
    public override string Message => $"{base.Message} [{ErrorId}]";

    /// <summary>Creates the error.</summary>
    /// <param name="message">What went wrong, with what, and what to do.</param>
    public StreamsException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error.</summary>
    /// <param name="message">What went wrong, with what, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public StreamsException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The topology cannot be built or does not fit the topics it names.</summary>
public sealed class TopologyException : StreamsException
{
    /// <inheritdoc/>
    public override string ErrorId => "SF0902";

    /// <summary>Creates the error.</summary>
    /// <param name="message">What is wrong with the topology, and what to do.</param>
    public TopologyException(string message)
        : base(message)
    {
    }
}

/// <summary>
/// Another member owns the task now: the group rebalanced, or a newer producer fenced this one. The thread drops what it
/// has not committed and goes on with the tasks it still owns.
/// </summary>
public sealed class TaskMigratedException : StreamsException
{
    /// <inheritdoc/>
    public override string ErrorId => "SF0903";

    /// <summary>Creates the error.</summary>
    /// <param name="message">What showed that the task has moved.</param>
    /// <param name="innerException">The cause.</param>
    public TaskMigratedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The local state of a task cannot be used; it is rebuilt from the changelog.</summary>
public sealed class TaskCorruptedException : StreamsException
{
    /// <inheritdoc/>
    public override string ErrorId => "SF0904";

    /// <summary>Creates the error.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="message">What is wrong with its state.</param>
    /// <param name="innerException">The cause.</param>
    public TaskCorruptedException(TaskId taskId, string message, Exception? innerException = null)
        : base(message, innerException) => TaskId = taskId;

    /// <summary>The task whose state is unusable.</summary>
    public TaskId TaskId { get; }
}

/// <summary>The local state cannot be read or written.</summary>
public sealed class StateStoreException : StreamsException
{
    /// <inheritdoc/>
    public override string ErrorId => "SF0905";

    /// <summary>Creates the error.</summary>
    /// <param name="message">Which store or directory, which operation, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public StateStoreException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// Whether it may pass without a change of the application, as a full disk does: the task's stores are then closed,
    /// opened again and restored from their changelogs, until <c>TaskTimeout</c> is over. Otherwise the thread fails at once.
    /// </summary>
    /// <value><see langword="false"/>.</value>
    public bool IsTransient { get; init; }
}

/// <summary>The Kafka client reported an error that it could not mend itself.</summary>
public sealed class KafkaClientException : StreamsException
{
    /// <inheritdoc/>
    public override string ErrorId => "SF0906";

    /// <summary>Creates the error.</summary>
    /// <param name="message">Which operation failed and why.</param>
    /// <param name="kind">What the caller can do about it.</param>
    /// <param name="innerException">The cause.</param>
    public KafkaClientException(string message, KafkaErrorKind kind, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    /// <summary>What the caller can do about it.</summary>
    public KafkaErrorKind Kind { get; }

    /// <summary>The partition it is about, or <see langword="null"/> when it is about none or about several.</summary>
    public TopicPartition? Partition { get; init; }
}

/// <summary>What can be done about an error of the Kafka client.</summary>
public enum KafkaErrorKind
{
    /// <summary>Call the same operation again.</summary>
    Retriable,

    /// <summary>Abort the transaction, go back to the committed positions, go on.</summary>
    Abortable,

    /// <summary>The group has moved on: this member's generation or membership is no longer valid.</summary>
    Migrated,

    /// <summary>The client is unusable: make a new one.</summary>
    Fatal,

    /// <summary>
    /// The log does not have the offset that <see cref="KafkaClientException.Partition"/> was to be read from: that
    /// partition stands still; seek it to an offset that exists.
    /// </summary>
    OffsetOutOfRange,

    /// <summary>
    /// Another member has joined the group by this one's <c>group.instance.id</c>, and this client is unusable. It may have
    /// been the same process, whose join was answered after it had given up waiting for the answer and joined again.
    /// </summary>
    InstanceFenced,

    /// <summary>
    /// Asking again meets the same answer: a right is missing, a setting is out of range, a record is too large. A record
    /// that is refused at once has left no trace; its transaction can be committed without it.
    /// </summary>
    Refused,
}
