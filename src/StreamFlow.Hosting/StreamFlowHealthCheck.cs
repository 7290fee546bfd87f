using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace StreamFlow.Hosting;

/// <summary>
/// Tells the phase an application is in, from starting to stopped or failed, and what somebody has to mend in its cluster.
/// </summary>
internal sealed class StreamFlowHealthCheck(StreamsApplication application) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Task.FromResult(
            Evaluate(application.Status, application.ApplicationId, context.Registration.FailureStatus));
    }

    internal static HealthCheckResult Evaluate(StreamsStatus status, string applicationId, HealthStatus failureStatus)
    {
        var phase = Phase(status);
        var stalled = Stalled(status);
        var data = Data(status, phase, stalled);
        var text = phase switch
        {
            "restoring" => $"{applicationId}: restoring, {data["restore.remaining"]} changelog records to go",
            "stalled" => $"{applicationId}: stalled, {stalled!.Value.Name} has been {stalled.Value.Work.What} for "
                + $"{(long)stalled.Value.Work.Lasts.TotalSeconds} s",
            "stuck" => $"{applicationId}: stuck, {string.Join(". ", Stuck(status))}",
            "unread" => $"{applicationId}: unread, {string.Join(". ", status.Unread)}",
            "disconnected" => $"{applicationId}: disconnected since {status.Outage!.Since:u}, no broker answers at {status.Outage.Servers}",
            "starting" when status.Outage is { } outage =>
                $"{applicationId}: starting, no broker answers at {outage.Servers} since {outage.Since:u}: {outage.Reason}",
            "fenced" => $"{applicationId}: fenced, another instance has its identity: {status.Error!.Message}",
            "failing" => $"{applicationId}: failing, threads have failed {status.FailuresInARow} times in a row",
            _ => $"{applicationId}: {phase}",
        };
        if (status.Warnings.Count > 0)
        {
            data["warnings"] = status.Warnings;
            text = string.Join(". ", status.Warnings.Select(warning => warning.TrimEnd('.')).Prepend(text));
        }

        if (status.Problems.Count > 0)
        {
            data["problems"] = status.Problems;
            return new HealthCheckResult(
                failureStatus, string.Join(". ", status.Problems.Prepend(text)), status.Error, data);
        }

        return phase switch
        {
            "running" => HealthCheckResult.Healthy(text, data),
            "failed" or "fenced" or "stopped" => new HealthCheckResult(failureStatus, text, status.Error, data),
            "stalled" when stalled!.Value.Work.IsLeftBehind => new HealthCheckResult(failureStatus, text, status.Error, data),
            _ => HealthCheckResult.Degraded(text, status.Error, data),
        };
    }

    private static string Phase(StreamsStatus status) => status.State switch
    {
        StreamsState.PendingShutdown => "stopping",
        StreamsState.NotRunning => "stopped",
        StreamsState.PendingError or StreamsState.Error => status.IsFenced ? "fenced" : "failed",
        StreamsState.Running or StreamsState.Rebalancing when status.Outage is not null && status.Threads.Count > 0 => "disconnected",
        _ when Stalled(status) is not null => "stalled",
        _ when status.FailuresInARow > 1 => "failing",
        StreamsState.Running when Stuck(status).Any() => "stuck",
        StreamsState.Running when status.Unread.Count > 0 => "unread",
        StreamsState.Running => "running",
        StreamsState.Rebalancing when Count(status, TaskState.Restoring) > 0 => "restoring",
        StreamsState.Rebalancing when status.Threads.Count > 0 && status.Threads.All(t => t.HasJoined) => "rebalancing",
        _ => "starting",
    };

    private static Dictionary<string, object> Data(StreamsStatus status, string phase, (string Name, StalledWork Work)? stalled)
    {
        var data = new Dictionary<string, object>
        {
            ["phase"] = phase,
            ["state"] = status.State.ToString(),
            ["threads"] = status.Threads.Count,
            ["threads.failures"] = status.FailuresInARow,
            ["tasks.running"] = Count(status, TaskState.Running),
            ["tasks.restoring"] = Count(status, TaskState.Restoring),
            ["restore.remaining"] = status.Threads.Sum(t => t.RestoreRemaining),
        };
        if (status.Threads.SelectMany(t => t.Tasks).MaxBy(t => t.LastFinished) is { LastFinished: { } finished } last)
        {
            data["last.finished"] = finished;
            data["last.record"] = last.LastRecord.ToString()!;
        }

        AddTrouble(data, status, stalled);
        return data;
    }

    private static void AddTrouble(
        Dictionary<string, object> data, StreamsStatus status, (string Name, StalledWork Work)? stalled)
    {
        if (stalled is var (name, work))
        {
            data["stalled.thread"] = name;
            data["stalled.at"] = work.What;
            data["stalled.seconds"] = (long)work.Lasts.TotalSeconds;
        }

        AddStuck(data, status);
        if (status.Unread.Count > 0)
        {
            data["unread.partitions"] = status.Unread.Select(u => u.Partition.ToString()).ToList();
            data["unread.records"] = status.Unread.Sum(u => u.Records);
            data["unread.seconds"] = (long)status.Unread.Max(u => u.Lasts).TotalSeconds;
        }

        if (status.Outage is { } outage)
        {
            data["disconnected.since"] = outage.Since;
            data["disconnected.servers"] = outage.Servers;
            data["disconnected.reason"] = outage.Reason;
        }

        if (status.Error is { } error)
        {
            data["error"] = error.Message;
        }
    }

    private static void AddStuck(Dictionary<string, object> data, StreamsStatus status)
    {
        if (status.Stuck.Count > 0)
        {
            data["stuck.partitions"] = status.Stuck.Select(u => u.Partition.ToString()).ToList();
            data["stuck.records"] = status.Stuck.Sum(u => u.Records);
            data["stuck.seconds"] = (long)status.Stuck.Max(u => u.Lasts).TotalSeconds;
        }

        if (status.Threads.Max(t => t.HangingTransaction) is { } open)
        {
            data["transaction.seconds"] = (long)open.TotalSeconds;
        }
    }

    /// <summary>What does not come forward of what this instance has, although its threads go on.</summary>
    private static IEnumerable<string> Stuck(StreamsStatus status) => status.Stuck.Select(partition => partition.ToString())
        .Concat(from thread in status.Threads
                let open = thread.HangingTransaction
                where open is not null
                select $"the transaction of {thread.Name} has been open for {(long)open.GetValueOrDefault().TotalSeconds} s; "
                    + "the broker aborts it at TransactionTimeout");

    /// <summary>The thread that has stood still longest, be it that of global tables.</summary>
    private static (string Name, StalledWork Work)? Stalled(StreamsStatus status)
    {
        var all = status.Threads.Select(t => (t.Name, t.Stalled))
            .Append((status.GlobalThread?.Name ?? string.Empty, status.GlobalThread?.Stalled))
            .Where(t => t.Stalled is not null)
            .ToList();
        return all.Count == 0 ? null : all.MaxBy(t => t.Stalled!.Lasts)!;
    }

    private static int Count(StreamsStatus status, TaskState state) =>
        status.Threads.Sum(t => t.Tasks.Count(task => task.State == state));
}
