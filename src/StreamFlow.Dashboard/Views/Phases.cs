namespace StreamFlow.Dashboard;

/// <summary>Where an application is, in one word for its user.</summary>
internal static class Phases
{
    public static string Of(StreamsStatus status) => status.State switch
    {
        StreamsState.Created => "starting",
        StreamsState.PendingShutdown or StreamsState.NotRunning => "stopped",
        StreamsState.PendingError or StreamsState.Error => status.IsFenced ? "fenced" : "failed",
        _ when status.Outage is not null => "disconnected",
        _ when status.Threads.Any(t => t.Stalled is not null) || status.GlobalThread?.Stalled is not null => "stuck",
        StreamsState.Running when status.Stuck.Count > 0 || status.Threads.Any(t => t.HangingTransaction is not null) => "stuck",
        StreamsState.Running => "running",
        _ when status.Threads.Any(t => t.Tasks.Any(task => task.State == TaskState.Restoring)) => "restoring",
        _ when status.Threads.Count > 0 && status.Threads.All(t => t.HasJoined) => "rebalancing",
        _ => "starting",
    };
}
