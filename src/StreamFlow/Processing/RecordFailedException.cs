namespace StreamFlow.Processing;

/// <summary>
/// The error handler was asked about a record and wants the thread to stop. Whoever meets it on its way up leaves it
/// alone: it is no failure of an operator that was only passing a record on.
/// </summary>
internal sealed class RecordFailedException(string message, Exception cause) : StreamsException(message, cause);
