namespace StreamFlow.Runtime;

/// <summary>
/// The transaction cannot be committed, or was committed without becoming local state. Never leaves the stream thread
/// while it can be mended.
/// </summary>
internal sealed class TransactionFailedException(string message, Exception? innerException = null)
    : StreamsException(message, innerException);
