namespace StreamFlow;

/// <summary>Which clock a punctuation follows.</summary>
public enum PunctuationType
{
    /// <summary>The stream time of the task, which stands still without records.</summary>
    StreamTime,

    /// <summary>The time of day.</summary>
    WallClockTime,
}

/// <summary>A call that comes again and again until it is cancelled.</summary>
public abstract class Cancellable
{
    private protected Cancellable()
    {
    }

    /// <summary>Whether it was cancelled.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>No call comes any more; may be asked for during one.</summary>
    public void Cancel() => IsCancelled = true;
}
