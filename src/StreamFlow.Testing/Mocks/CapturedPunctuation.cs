namespace StreamFlow.Testing;

/// <summary>What a processor has scheduled.</summary>
public sealed class CapturedPunctuation
{
    private readonly Action<long> _punctuator;
    private readonly Cancellable _cancellable;

    internal CapturedPunctuation(
        TimeSpan interval, PunctuationType type, DateTimeOffset? startTime, Action<long> punctuator, Cancellable cancellable)
    {
        Interval = interval;
        Type = type;
        StartTime = startTime;
        _punctuator = punctuator;
        _cancellable = cancellable;
    }

    /// <summary>From one point to the next.</summary>
    public TimeSpan Interval { get; }

    /// <summary>The clock.</summary>
    public PunctuationType Type { get; }

    /// <summary>Where the points begin; <see langword="null"/> where nothing was said.</summary>
    public DateTimeOffset? StartTime { get; }

    /// <summary>Whether the processor has cancelled it.</summary>
    public bool IsCancelled => _cancellable.IsCancelled;

    /// <summary>Calls it as a task would.</summary>
    /// <param name="time">The time that it is, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <exception cref="InvalidOperationException">It is cancelled.</exception>
    public void Punctuate(long time)
    {
        if (IsCancelled)
        {
            throw new InvalidOperationException("The punctuation is cancelled: no task would call it any more.");
        }

        _punctuator(time);
    }
}
