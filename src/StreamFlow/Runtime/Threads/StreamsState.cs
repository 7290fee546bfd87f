namespace StreamFlow;

/// <summary>Where an application is in its life.</summary>
public enum StreamsState
{
    /// <summary>Not started yet.</summary>
    Created,

    /// <summary>Started; partitions are being assigned or state is being restored.</summary>
    Rebalancing,

    /// <summary>All tasks this instance owns are processing (or it owns none, other members do).</summary>
    Running,

    /// <summary>Stopping: what is processed is being committed.</summary>
    PendingShutdown,

    /// <summary>Stopped.</summary>
    NotRunning,

    /// <summary>A thread failed; the others are being stopped.</summary>
    PendingError,

    /// <summary>Stopped by an error.</summary>
    Error,
}

/// <summary>What moves an application from state to state.</summary>
internal enum StreamsEvent
{
    Start,
    ThreadsBusy,
    ThreadsRunning,
    Stop,
    Fail,
    Stopped,
}

/// <summary>The application's life as a table; docs/ARCHITECTURE.md shows it.</summary>
internal static class StreamsStates
{
    /// <summary>The state after an event, or null when the event is not allowed there.</summary>
    public static StreamsState? Next(StreamsState state, StreamsEvent happened) => (state, happened) switch
    {
        (StreamsState.Created, StreamsEvent.Start) => StreamsState.Rebalancing,
        (StreamsState.Created, StreamsEvent.Stop) => StreamsState.PendingShutdown,
        (StreamsState.Rebalancing, StreamsEvent.ThreadsRunning) => StreamsState.Running,
        (StreamsState.Running, StreamsEvent.ThreadsBusy) => StreamsState.Rebalancing,
        (StreamsState.Rebalancing or StreamsState.Running, StreamsEvent.Stop) => StreamsState.PendingShutdown,
        (StreamsState.Created or StreamsState.Rebalancing or StreamsState.Running, StreamsEvent.Fail) =>
            StreamsState.PendingError,
        (StreamsState.PendingShutdown, StreamsEvent.Fail) => StreamsState.PendingError,
        (StreamsState.PendingShutdown, StreamsEvent.Stopped) => StreamsState.NotRunning,
        (StreamsState.PendingError, StreamsEvent.Stopped) => StreamsState.Error,
        _ => null,
    };
}
