namespace StreamFlow.Broker.Storage;

/// <summary>What a partition's log can do.</summary>
internal enum LogState
{
    /// <summary>Serves reads and appends.</summary>
    Online,

    /// <summary>A write or fsync failed, or damage was found: serves nothing until it is opened again.</summary>
    Offline,

    /// <summary>Closed or deleted.</summary>
    Closed,
}

/// <summary>What happens to a partition's log.</summary>
internal enum LogEvent
{
    StorageFailed,
    Closed,
}

/// <summary>The transitions of <see cref="LogState"/>. Nothing leads back online: only opening again does.</summary>
internal static class LogLifecycle
{
    public static LogState Next(LogState state, LogEvent happened) => (state, happened) switch
    {
        (LogState.Online, LogEvent.StorageFailed) => LogState.Offline,
        (LogState.Offline, LogEvent.StorageFailed) => LogState.Offline,
        (LogState.Online or LogState.Offline, LogEvent.Closed) => LogState.Closed,
        _ => throw new InvalidOperationException($"A log that is {state} cannot take the event {happened}."),
    };
}
