namespace StreamFlow.Testing;

/// <content>Time, commits, and the end of one life of the application and the beginning of the next.</content>
public sealed partial class TopologyTestDriver
{
    /// <summary>
    /// Moves the wall clock forward, and lets tasks go on that waited for it. With
    /// <see cref="TopologyTestDriverOptions.CommitsByInterval"/> what is due on the way is committed at its time.
    /// </summary>
    /// <param name="by">How far; not negative.</param>
    /// <exception cref="StreamsException">Processing failed.</exception>
    public void AdvanceWallClock(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        ThrowIfOver();
        Run(() => _runtime.Advance(by));
    }

    /// <summary>
    /// Commits: caches are flushed, positions and state are final, and with exactly-once readers see the results. What can be
    /// processed only then, such as what went to a repartition topic in a transaction, is processed and committed too.
    /// </summary>
    /// <exception cref="StreamsException">Processing failed.</exception>
    public void Commit()
    {
        ThrowIfOver();
        Run(_runtime.Commit);
    }

    /// <summary>
    /// Stops the application in order and starts it again: it commits, closes its tasks and stores, and goes on from where
    /// positions and stores stand. Stores that are not on disk are restored from their changelogs; fields of processors, and
    /// stores without a changelog in memory, are as new. Stores must be asked for again. After a failure nothing is committed
    /// first, as when a thread has failed.
    /// </summary>
    /// <param name="options">What it finds; left out, what it left.</param>
    /// <exception cref="StreamsException">Processing failed, or what is there does not fit the topology.</exception>
    public void Restart(RestartOptions? options = null) => StartAgain(options, inOrder: true);

    /// <summary>
    /// Kills the application and starts it again: what was not committed is lost. At least once, it begins with state and
    /// positions of the last commit, or with state on disk of some commit before it, which the changelog completes; records
    /// after it are processed again, and results that were sent are there twice. Exactly once, the open transaction is aborted,
    /// and no reader of committed records ever sees its results. Stores must be asked for again.
    /// </summary>
    /// <param name="options">What it finds; left out, what a killed process leaves.</param>
    /// <exception cref="StreamsException">Processing failed, or what is there does not fit the topology.</exception>
    /// <remarks>Nodes are closed all the same, so that they give up what they hold; what they send then goes nowhere.</remarks>
    public void Crash(RestartOptions? options = null) => StartAgain(options, inOrder: false);

    private void StartAgain(RestartOptions? options, bool inOrder)
    {
        ThrowIfDisposed();
        var hasFailed = _failure is not null;
        _failure = null;
        Run(() => _runtime.Restart(options ?? new RestartOptions(), inOrder, commits: !hasFailed));
    }

    private void Run(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error)
        {
            _failure = error;
            throw;
        }
    }

    private void ThrowIfOver()
    {
        ThrowIfDisposed();
        if (_failure is not null)
        {
            throw new InvalidOperationException(
                $"Processing failed earlier, so nothing runs any more: {Sentences.End(_failure.Message)} Make a new driver, start this "
                + "one again with Restart, or let the error handler answer Continue or DeadLetter.",
                _failure);
        }
    }
}
