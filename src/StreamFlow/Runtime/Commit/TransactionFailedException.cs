namespace StreamFlow.Runtime;

/// <summary>The transaction cannot be committed. Never leaves the stream thread while that can be mended.</summary>
internal sealed class TransactionFailedException(string message, Exception? innerException = null)
    : StreamsException(message, innerException);
