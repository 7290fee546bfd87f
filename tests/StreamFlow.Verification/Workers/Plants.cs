namespace StreamFlow.Verification.Workers;

/// <summary>Names of planted faults: each makes a worker, or the harness itself, do wrong what an oracle must see.</summary>
internal static class Plants
{
    public const string DropRepartitioned = "drop-one";
    public const string DuplicateRepartitioned = "duplicate-one";
    public const string SwapRepartitioned = "swap-two";
    public const string DropRunning = "drop-running-result";
    public const string DropWindowed = "drop-windowed-result";
    public const string DropJoined = "drop-joined-result";
    public const string DropPassed = "drop-passed-on";
    public const string DropPaid = "drop-paid-result";
    public const string DropUnpaid = "drop-unpaid-result";
    public const string KeepMerged = "keep-merged-session";
    public const string DropClosed = "drop-closed-window";
    public const string DuplicateHeld = "duplicate-suppressed-window";
    public const string DuplicatePlaced = "duplicate-placed-result";
    public const string DropAnswers = "drop-answers-to-a-key";
    public const string DropChangelog = "drop-changelog-of-a-key";
    public const string WrongInMemory = "wrong-in-memory";
    public const string ApplyBeforeCommit = "apply-before-commit";
    public const string IgnoreAbort = "ignore-abort";
    public const string SkipFence = "skip-the-fence";
    public const string StalePositions = "stale-positions";
    public const string EndByItself = "end-by-itself";
    public const string LoseInput = "lose-input";
    public const string PastTheEnd = "past-the-end";
    public const string OpenTransaction = "open-transaction";
}

/// <summary>The fault planted in this worker, if any.</summary>
internal sealed class Plant(string? name, int after)
{
    /// <summary>The line that tells it.</summary>
    public const string Happened = "planted";

    private int _left = after;

    public static Plant None { get; } = new(null, 0);

    public bool Is(string plant) => name == plant;

    /// <summary>True once, after a number of calls: the fault happens one time, and the harness is told.</summary>
    public bool IsDue()
    {
        if (!IsArmed())
        {
            return false;
        }

        Tell();
        return true;
    }

    /// <summary>As <see cref="IsDue"/>, for a fault that needs more than the moment: it tells when it has happened.</summary>
    public bool IsArmed() => Volatile.Read(ref _left) > 0 && Interlocked.Decrement(ref _left) == 0;

    /// <summary>Tells the harness that the fault has happened.</summary>
    public static void Tell() => Console.Out.WriteLine(Happened);
}
