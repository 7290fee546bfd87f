namespace StreamFlow;

/// <summary>What to do when a stream thread dies of an error.</summary>
public enum ThreadFailureResponse
{
    /// <summary>Stop all threads; the application ends in <see cref="StreamsState.Error"/>.</summary>
    ShutdownClient,

    /// <summary>
    /// Start a new thread in its place; it goes on from the last commit. At once, but when threads fail in a row, first after
    /// half a second, then after twice as long each time, up to 30 seconds; when that has gone on for
    /// <see cref="StreamFlowOptions.TaskTimeout"/>, the application ends by the last error as with <see cref="ShutdownClient"/>.
    /// </summary>
    ReplaceThread,
}
