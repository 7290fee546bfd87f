namespace StreamFlow.Measuring;

/// <summary>Counts of one stream thread, which alone writes them.</summary>
/// <param name="application">The application.</param>
/// <param name="name">Name of the thread.</param>
/// <param name="time">The clock.</param>
internal sealed class ThreadCounts(KeyValuePair<string, object?> application, string name, TimeProvider time)
    : Counts(application, new("thread", name))
{
    private readonly long _began = time.GetTimestamp();
    private long _lastCommit = time.GetTimestamp();
    private long _transactionTicks;
    private long _transactionBegan = -1;

    public long Commits { get; private set; }

    public long CommittedTransactions { get; private set; }

    public long AbortedTransactions { get; private set; }

    public long Assigned { get; set; }

    public long Revoked { get; set; }

    public long Lost { get; set; }

    public long TasksCreated { get; set; }

    public long TasksClosed { get; set; }

    public double Uptime => time.GetElapsedTime(_began).TotalSeconds;

    public double CommitAge => time.GetElapsedTime(Volatile.Read(ref _lastCommit)).TotalSeconds;

    public double TransactionSeconds => TimeSpan.FromTicks(Volatile.Read(ref _transactionTicks)).TotalSeconds;

    /// <summary>For how long the transaction at hand has been open; zero when none is.</summary>
    public TimeSpan TransactionAge => Volatile.Read(ref _transactionBegan) is var began and >= 0 ? time.GetElapsedTime(began) : TimeSpan.Zero;

    /// <summary>What the thread has done so far, by phase: how often, and for how many seconds. Null: nobody knows.</summary>
    public Func<IEnumerable<(string Phase, long Count, double Seconds)>>? Phases { get; init; }

    /// <summary>Bytes of its record cache: written and not committed, as the stores have them, and how many there may be.</summary>
    public Func<(long Dirty, long Clean, long Limit)>? Cache { get; set; }

    /// <summary>All that was processed is final.</summary>
    public void Committed(long now)
    {
        Commits++;
        Volatile.Write(ref _lastCommit, now);
    }

    /// <summary>A transaction has begun, or the one that was open is no more.</summary>
    public void SetTransaction(bool isOpen) => Volatile.Write(ref _transactionBegan, isOpen ? time.GetTimestamp() : -1);

    /// <summary>A transaction has ended.</summary>
    /// <param name="commits">Whether it was committed.</param>
    /// <param name="took">How long its end took.</param>
    public void Ended(bool commits, TimeSpan took)
    {
        CommittedTransactions += commits ? 1 : 0;
        AbortedTransactions += commits ? 0 : 1;
        Volatile.Write(ref _transactionTicks, _transactionTicks + took.Ticks);
    }
}
