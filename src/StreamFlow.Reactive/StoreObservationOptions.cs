using System.Reactive.Concurrency;

namespace StreamFlow.Reactive;

/// <summary>How the rows of a store are observed.</summary>
public sealed record StoreObservationOptions
{
    /// <summary>How long after a look, and after the observer has taken what came of it, the next one follows.</summary>
    /// <value>Default: 1 second.</value>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where the store is looked at and the observer is called.</summary>
    /// <value>Default: <see cref="DefaultScheduler.Instance"/>, the thread pool.</value>
    public IScheduler Scheduler { get; init; } = DefaultScheduler.Instance;

    /// <summary>How the store is read; of <see cref="StoreQueryOptions.Partition"/> one partition only.</summary>
    /// <value>Default: what is committed, of all partitions that are here.</value>
    public StoreQueryOptions Query { get; init; } = new();

    internal StoreObservationOptions Checked()
    {
        ArgumentNullException.ThrowIfNull(Scheduler, nameof(Scheduler));
        ArgumentNullException.ThrowIfNull(Query, nameof(Query));
        return Interval > TimeSpan.Zero
            ? this
            : throw OptionErrors.Refuse(nameof(Interval), Interval, "More than zero.");
    }
}
