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
        var remaining = status.Threads.Sum(t => t.RestoreRemaining);
        var data = new Dictionary<string, object>
        {
            ["phase"] = phase,
            ["state"] = status.State.ToString(),
            ["threads"] = status.Threads.Count,
            ["tasks.running"] = Count(status, TaskState.Running),
            ["tasks.restoring"] = Count(status, TaskState.Restoring),
            ["restore.remaining"] = remaining,
        };
        if (status.Error is { } error)
        {
            data["error"] = error.Message;
        }

        var text = phase == "restoring"
            ? $"{applicationId}: restoring, {remaining} changelog records to go"
            : $"{applicationId}: {phase}";
        if (status.Problems.Count > 0)
        {
            data["problems"] = status.Problems;
            return new HealthCheckResult(
                failureStatus, string.Join(". ", status.Problems.Prepend(text)), status.Error, data);
        }

        return phase switch
        {
            "running" => HealthCheckResult.Healthy(text, data),
            "failed" or "stopped" => new HealthCheckResult(failureStatus, text, status.Error, data),
            _ => HealthCheckResult.Degraded(text, status.Error, data),
        };
    }

    private static string Phase(StreamsStatus status) => status.State switch
    {
        StreamsState.Running => "running",
        StreamsState.PendingShutdown => "stopping",
        StreamsState.NotRunning => "stopped",
        StreamsState.PendingError or StreamsState.Error => "failed",
        StreamsState.Rebalancing when Count(status, TaskState.Restoring) > 0 => "restoring",
        StreamsState.Rebalancing when status.Threads.Count > 0 && status.Threads.All(t => t.HasJoined) => "rebalancing",
        _ => "starting",
    };

    private static int Count(StreamsStatus status, TaskState state) =>
        status.Threads.Sum(t => t.Tasks.Count(task => task.State == state));
}
