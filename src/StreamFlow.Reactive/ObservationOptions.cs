using System.Reactive.Concurrency;

namespace StreamFlow.Reactive;

/// <summary>What becomes of records when an observer is slower than they come.</summary>
public enum SlowObserver
{
    /// <summary>The record that has waited longest gives way to a new one.</summary>
    DropOldest,

    /// <summary>
    /// A record gives way to the next one of its key, so that the observer sees the latest of each; when too many keys wait, the
    /// one that has waited longest gives way.
    /// </summary>
    Latest,

    /// <summary>Nothing gives way: the observer gets what waits, and then an <see cref="ObserverTooSlowException"/>.</summary>
    Fail,

    /// <summary>
    /// Nothing gives way, and whoever has the record waits. Of a tap that is the stream thread, with all its tasks: an observer
    /// that stands still for longer than <c>max.poll.interval.ms</c> costs it its partitions. When the application stops the wait ends,
    /// and what does not fit is dropped.
    /// </summary>
    Block,
}

/// <summary>How records are observed. Each observer has a queue of its own.</summary>
public sealed record ObservationOptions
{
    /// <summary>What becomes of records when the observer is slower than they come.</summary>
    /// <value>Default: <see cref="SlowObserver.DropOldest"/>.</value>
    public SlowObserver SlowObserver { get; init; }

    /// <summary>How many records may wait for an observer.</summary>
    /// <value>Default: 1024.</value>
    public int Capacity { get; init; } = 1024;

    /// <summary>Where observers are called, one record after the other.</summary>
    /// <value>Default: <see cref="DefaultScheduler.Instance"/>, the thread pool.</value>
    public IScheduler Scheduler { get; init; } = DefaultScheduler.Instance;

    /// <summary>Whether only records are seen whose input positions are committed; what is taken back is never seen then.</summary>
    /// <value>Default: <see langword="null"/>, with exactly-once; otherwise each record as it is processed.</value>
    public bool? CommittedOnly { get; init; }

    internal ObservationOptions Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Capacity, 1, nameof(Capacity));
        ArgumentNullException.ThrowIfNull(Scheduler, nameof(Scheduler));
        return Enum.IsDefined(SlowObserver)
            ? this
            : throw OptionErrors.Refuse(nameof(SlowObserver), SlowObserver, "DropOldest, Latest, Fail or Block.");
    }
}

/// <summary>An observer was slower than records came, and was to get all of them (<see cref="SlowObserver.Fail"/>).</summary>
public sealed class ObserverTooSlowException : StreamsException
{
    /// <inheritdoc/>
    public override string ErrorId => "SF0912";

    /// <summary>Creates the error.</summary>
    /// <param name="capacity">How many records waited.</param>
    public ObserverTooSlowException(int capacity)
        : base(
            $"An observer has not taken {capacity} records that waited for it, and the next one had no room. Make it faster, raise Capacity, or choose "
            + "what is to give way: DropOldest, Latest or Block.")
    {
    }
}
