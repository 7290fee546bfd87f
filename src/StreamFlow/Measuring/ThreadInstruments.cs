using System.Diagnostics.Metrics;

namespace StreamFlow.Measuring;

/// <summary>What is measured of stream threads.</summary>
internal sealed class ThreadInstruments
{
    private readonly Counter<long> _aborts;
    private readonly Counter<long> _failures;
    private readonly Histogram<double> _commits;

    public ThreadInstruments(Meter meter)
    {
        All = new LiveSet<ThreadCounts>(meter);
        _aborts = meter.CreateCounter<long>(
            "streamflow.thread.aborts", "{abort}", "Times that uncommitted work was given up to be done again (exactly-once).");
        _failures = meter.CreateCounter<long>(
            "streamflow.thread.failures", "{failure}", "Stream threads that an error has ended, replaced or not.");
        _commits = meter.CreateHistogram(
            "streamflow.thread.commit.duration", "s", "How long commits take.", tags: null, DurationBuckets.Advice);
        All.Counters("streamflow.thread.steps", "{step}", "What the thread has begun, by phase.", Steps);
        All.Counters("streamflow.thread.time", "s", "Time of the thread, by phase.", Seconds);
        All.Counter("streamflow.thread.commits", "{commit}", "Commits.", t => t.Commits);
        All.Gauge<double>("streamflow.thread.commit.age", "s", "Time since the last commit.", t => t.CommitAge);
        All.Counters("streamflow.thread.transactions", "{transaction}", "Transactions that have ended, by outcome.", Transactions);
        All.Time("streamflow.thread.transaction.time", "Time that the ends of transactions took.", t => t.TransactionSeconds);
        All.Gauge<double>(
            "streamflow.thread.transaction.age", "s", "Time since the transaction at hand began; 0 when none is open.",
            t => t.TransactionAge.TotalSeconds);
        All.Counters("streamflow.thread.rebalances", "{rebalance}", "Answers of the group, by what they did to partitions.", Rebalances);
        All.Counter("streamflow.thread.tasks.created", "{task}", "Tasks that were made.", t => t.TasksCreated);
        All.Counter("streamflow.thread.tasks.closed", "{task}", "Tasks that were closed.", t => t.TasksClosed);
        All.Gauge<double>("streamflow.thread.uptime", "s", "Time since the thread was started.", t => t.Uptime);
        All.Gauges("streamflow.thread.cache.usage", "By", "Bytes in the thread's record cache, by what they are.", Cache);
        All.Gauge<long>("streamflow.thread.cache.limit", "By", "Bytes that the thread's record cache may have.", t => t.Cache?.Invoke().Limit);
    }

    /// <summary>The threads that live.</summary>
    public LiveSet<ThreadCounts> All { get; }

    /// <summary>What was uncommitted is given up.</summary>
    public void Aborted(KeyValuePair<string, object?> application) => ApplicationMeter.Add(_aborts, 1, application);

    /// <summary>An error has ended a thread.</summary>
    public void Failed(KeyValuePair<string, object?> application) => ApplicationMeter.Add(_failures, 1, application);

    /// <summary>A commit is done.</summary>
    public void Committed(ThreadCounts thread, TimeSpan took) => ApplicationMeter.Record(_commits, took.TotalSeconds, thread.Tags);

    private static IEnumerable<Measurement<long>> Steps(ThreadCounts thread) =>
        thread.Phases?.Invoke().Select(p => new Measurement<long>(p.Count, thread.With("phase", p.Phase))) ?? [];

    private static IEnumerable<Measurement<double>> Seconds(ThreadCounts thread) =>
        thread.Phases?.Invoke().Select(p => new Measurement<double>(p.Seconds, thread.With("phase", p.Phase))) ?? [];

    private static IEnumerable<Measurement<long>> Transactions(ThreadCounts thread) =>
    [
        new(thread.CommittedTransactions, thread.With("outcome", "committed")),
        new(thread.AbortedTransactions, thread.With("outcome", "aborted")),
    ];

    private static IEnumerable<Measurement<long>> Rebalances(ThreadCounts thread) =>
    [
        new(thread.Assigned, thread.With("partitions", "assigned")),
        new(thread.Revoked, thread.With("partitions", "revoked")),
        new(thread.Lost, thread.With("partitions", "lost")),
    ];

    private static IEnumerable<Measurement<long>> Cache(ThreadCounts thread) => thread.Cache?.Invoke() is not { } cache
        ? []
        : [new(cache.Dirty, thread.With("entries", "dirty")), new(cache.Clean, thread.With("entries", "clean"))];
}
