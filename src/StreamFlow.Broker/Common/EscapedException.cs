namespace StreamFlow.Broker;

/// <summary>
/// An exception as it may be written: its messages, which may have names from clients in them, make no lines of their own. The
/// stack is the original's.
/// </summary>
internal sealed class EscapedException : Exception
{
    private readonly Exception _original;

    private EscapedException(Exception original)
        : base(EscapingLogger.Escape(original.Message), Of(original.InnerException))
    {
        _original = original;
    }

    public override string? StackTrace => _original.StackTrace;

    /// <summary>The exception itself where it may be written as it is; null for none.</summary>
    public static Exception? Of(Exception? exception)
    {
        for (Exception? one = exception; one is not null; one = one.InnerException)
        {
            if (EscapingLogger.Escape(one.Message) != one.Message)
            {
                return new EscapedException(exception!);
            }
        }

        return exception;
    }

    public override string ToString()
    {
        string inner = InnerException is null ? "" : $"{Environment.NewLine} ---> {InnerException}";
        return $"{_original.GetType()}: {Message}{inner}{Environment.NewLine}{StackTrace}";
    }
}
