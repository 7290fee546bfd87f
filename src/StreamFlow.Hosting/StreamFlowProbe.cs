using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace StreamFlow.Hosting;

/// <summary>
/// One question about an application, for a probe that has yes and no only: whether a new process would help, or whether it
/// has all its rows and processes.
/// </summary>
internal sealed class StreamFlowProbe(StreamsApplication application, bool asksForReadiness) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (status, failure) = (application.Status, context.Registration.FailureStatus);
        return Task.FromResult(asksForReadiness
            ? Ready(status, application.ApplicationId, failure)
            : Live(status, application.ApplicationId, failure));
    }

    /// <summary>
    /// A restore, an outage or a problem in the cluster is no reason to begin anew; an application that has ended is, and a thread
    /// that its group has given up waiting for.
    /// </summary>
    internal static HealthCheckResult Live(StreamsStatus status, string applicationId, HealthStatus failureStatus)
    {
        var whole = StreamFlowHealthCheck.Evaluate(status, applicationId, failureStatus);
        var isDead = whole.Data["phase"] is "failed" or "fenced" or "stopped"
            || status.Threads.Any(thread => thread.Stalled is { IsLeftBehind: true });
        return new HealthCheckResult(isDead ? failureStatus : HealthStatus.Healthy, whole.Description, whole.Exception, whole.Data);
    }

    /// <summary>While it starts, restores or is given other tasks, what it has is not complete.</summary>
    internal static HealthCheckResult Ready(StreamsStatus status, string applicationId, HealthStatus failureStatus)
    {
        var whole = StreamFlowHealthCheck.Evaluate(status, applicationId, failureStatus);
        var isReady = status.State == StreamsState.Running;
        return new HealthCheckResult(isReady ? HealthStatus.Healthy : failureStatus, whole.Description, whole.Exception, whole.Data);
    }
}
