using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// Waits for the end of the application, and tells those that can never end from the others: code of the user's that runs on a
/// thread of the application, or that such code waits for, keeps the application from ending for as long as it waits. Code that
/// only asks for the end, or awaits it and lets its caller go on, does not.
/// </summary>
internal sealed class InsideWaits(string applicationId, TimeProvider time)
{
    /// <summary>
    /// What is asked for on the thread itself: a call that has not returned so long after it waits, or is slow and has asked
    /// in passing, and then nobody sees the exception.
    /// </summary>
    public static readonly TimeSpan DirectGrace = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What is asked for elsewhere, by something that was once started on a thread of the application: the call there may be
    /// waiting for it, or have nothing to do with it.
    /// </summary>
    public static readonly TimeSpan IndirectGrace = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often the thread is looked at meanwhile. Once would not do: after a pause of the whole process, or of the machine, the
    /// timer is due before the thread has had its turn.
    /// </summary>
    private const int Looks = 10;

    private static readonly AsyncLocal<Inside?> Current = new();

    /// <summary>The calling thread is one of the application's; whatever is started on it is inside, too.</summary>
    public void Enter(WorkAtHand work) => Current.Value = new Inside(this, work, Environment.CurrentManagedThreadId);

    /// <summary>Whether the calling thread is one of the application's.</summary>
    public bool IsOnThread => Current.Value is { } inside && inside.Owner == this && inside.ThreadId == Environment.CurrentManagedThreadId;

    /// <summary>Waits until the application has ended.</summary>
    /// <exception cref="InvalidOperationException">The end waits for this wait.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public Task WaitAsync(Task end, CancellationToken cancellationToken) =>
        Current.Value is { } inside && inside.Owner == this && !end.IsCompleted
            ? Observed(WaitInsideAsync(end, inside, cancellationToken))
            : WaitOutsideAsync(end, cancellationToken);

    private static async Task WaitOutsideAsync(Task end, CancellationToken cancellationToken)
    {
        await end.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!end.IsCompleted)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task WaitInsideAsync(Task end, Inside inside, CancellationToken cancellationToken)
    {
        var before = inside.Work.Look();
        var grace = inside.ThreadId == Environment.CurrentManagedThreadId ? DirectGrace : IndirectGrace;
        for (var look = 0; look < Looks; look++)
        {
            var pause = Task.Delay(grace / Looks, time, cancellationToken);
            var first = await Task.WhenAny(end, pause).ConfigureAwait(false);
            if (first != pause || !pause.IsCompletedSuccessfully || inside.Work.Look().Mark != before.Mark)
            {
                await WaitOutsideAsync(end, cancellationToken).ConfigureAwait(false);
                return;
            }
        }

        throw new InvalidOperationException(
            $"The end of application '{applicationId}' was waited for by what it has to wait for itself: a thread of it is "
            + $"{before}, and ends only when that call returns. The application stops all the same. Do not wait for "
            + "StopAsync or DisposeAsync inside an operator, a handler or a listener: call StopAsync without waiting, or "
            + "IHostApplicationLifetime.StopApplication in a host, and wait elsewhere.");
    }

    /// <summary>Who asks in passing does not look whether the wait failed; that is nothing to report to the process.</summary>
    private static Task Observed(Task wait)
    {
        _ = wait.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return wait;
    }

    private sealed record Inside(InsideWaits Owner, WorkAtHand Work, int ThreadId);
}
