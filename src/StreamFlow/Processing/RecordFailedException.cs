namespace StreamFlow;

/// <summary>
/// A record failed, and its error handler answered that the thread is to stop, or threw. Operators that only passed the record on
/// leave this exception alone; code that swallows it keeps the next commit from happening all the same.
/// </summary>
public sealed class RecordFailedException : StreamsException
{
    /// <inheritdoc/>
    public override string ErrorId => "SF0907";

    internal RecordFailedException(string message, in ErrorContext error, Exception? cause = null)
        : base(message, cause ?? error.Exception) => Error = error;

    /// <summary>What the error handler was told.</summary>
    public ErrorContext Error { get; }
}
