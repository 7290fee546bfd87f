namespace StreamFlow.Runtime;

/// <summary>
/// How long a thread may process before something else is due. What it may not miss are the commit interval, the timeout of
/// its transaction and the poll interval of its consumer; each is met by a turn that ends a good part before it.
/// </summary>
internal sealed class TurnLimits
{
    /// <summary>
    /// A member that does not poll within <c>max.poll.interval.ms</c> is dropped. That is no shorter than the session timeout,
    /// of which brokers demand six seconds by default: a small part of the shortest one that anybody can set.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    /// <summary>What a turn gets although a commit is overdue, so that an interval of zero does not commit single records.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    // A tenth of the default of max.poll.interval.ms, which the engine does not know: without a transaction a flush may take
    // long, and the longer it is the fewer updates of the same rows are handed on.
    private static readonly TimeSpan LongestFlush = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _pollTimeout;

    public TurnLimits(StreamFlowOptions options)
    {
        _pollTimeout = options.PollTimeout;

        // A transaction is no older than the last commit. The commit itself may need as long as the work before it.
        CommitAfter = options.ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce
            ? Min(options.CommitInterval, options.TransactionTimeout / 2)
            : options.CommitInterval;
    }

    /// <summary>Time from one commit to the next.</summary>
    public TimeSpan CommitAfter { get; }

    /// <summary>
    /// How long the flush at the beginning of a commit is to take. When it begins half of a transaction's time may be over; of
    /// the other half a flush may need twice as long as expected.
    /// </summary>
    public static TimeSpan FlushAtMost(StreamFlowOptions options) =>
        options.ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce
            ? Min(LongestFlush, options.TransactionTimeout / 4)
            : LongestFlush;

    /// <summary>How long a turn that begins now may last.</summary>
    /// <param name="sinceCommit">Time since the last commit.</param>
    /// <param name="untilPunctuation">Time until a wall clock punctuation is due; the maximum when there is none.</param>
    public TimeSpan TurnAfter(TimeSpan sinceCommit, TimeSpan untilPunctuation) =>
        Max(Shortest, Min(Longest, Min(CommitAfter - sinceCommit, untilPunctuation)));

    /// <summary>How long to wait for records when there are none.</summary>
    /// <inheritdoc cref="TurnAfter"/>
    public TimeSpan WaitAfter(TimeSpan sinceCommit, TimeSpan untilPunctuation) =>
        Max(TimeSpan.Zero, Min(_pollTimeout, Min(CommitAfter - sinceCommit, untilPunctuation)));

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
