using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StreamFlow.Runtime;

namespace StreamFlow.Hosting;

/// <summary>
/// Starts an application beside the host, which does not wait for it, drains it when the host stops, and does to the host what
/// <see cref="HostOptions.BackgroundServiceExceptionBehavior"/> says when the application fails.
/// </summary>
internal sealed partial class StreamFlowHostedService(
    string name,
    IServiceProvider services,
    IHostApplicationLifetime lifetime,
    IOptions<HostOptions> hostOptions,
    ILogger<StreamFlowHostedService> logger)
    : IHostedLifecycleService
{
    // A log that throws must not keep the host from ending, nor hide why it does.
    private readonly GuardedLogger _logger = new(logger, project: 3, static () => { });
    private StreamsApplication? _application;
    private int _failureReported;

    /// <summary>
    /// Builds the topology. The host does this for all its services before it starts any, and after it has checked
    /// their options: so nothing runs when one of several applications is wrong.
    /// </summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            ApplicationIds.ThrowIfShared(services, name);
            _application = services.GetRequiredKeyedService<StreamsApplication>(name);
        }
        catch (Exception exception)
        {
            NotStarted(_logger, name, exception.Message);
            throw;
        }

        return Task.CompletedTask;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_application is null)
        {
            // A host of another make, which does not know IHostedLifecycleService.
            await StartingAsync(cancellationToken).ConfigureAwait(false);
        }

        // Nobody waits for it: a web host listens meanwhile, so that whoever asks is told that the application starts.
        _ = RunAsync(_application!);
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        services.GetRequiredService<HostedApplications>().Started();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_application is null)
        {
            return;
        }

        try
        {
            await _application.StopAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            DrainTimedOut(_logger, name, hostOptions.Value.ShutdownTimeout);
            return;
        }

        // The last commit may have failed. The process may end before the watch gets its turn, so it is not left to it.
        await ReportFailureAsync(_application).ConfigureAwait(false);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task RunAsync(StreamsApplication application)
    {
        try
        {
            await application.StartAsync(lifetime.ApplicationStopping).ConfigureAwait(false);
            if (application.State is StreamsState.PendingShutdown or StreamsState.NotRunning
                && application.Status.Threads.Count == 0)
            {
                StoppedInStart(_logger, name);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // SIGTERM while the broker could not be reached, say: an orderly end.
            StoppedInStart(_logger, name);
        }
#pragma warning disable CA1031 // It is what the application's end says, and told below.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await ReportAsync(exception, hasStarted: false).ConfigureAwait(false);
            return;
        }

        await application.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ReportFailureAsync(application).ConfigureAwait(false);
    }

    private Task ReportFailureAsync(StreamsApplication application) =>
        application.Completion.Exception is { } failure
            ? ReportAsync(failure.InnerException ?? failure, hasStarted: true)
            : Task.CompletedTask;

    /// <summary>A worker whose topology is dead must not look alive: the host ends, to be started anew.</summary>
    private async Task ReportAsync(Exception cause, bool hasStarted)
    {
        if (Interlocked.Exchange(ref _failureReported, 1) == 1)
        {
            return;
        }

        if (hostOptions.Value.BackgroundServiceExceptionBehavior == BackgroundServiceExceptionBehavior.Ignore)
        {
            FailedAndIgnored(_logger, name, cause.Message);
            return;
        }

        if (hasStarted)
        {
            Failed(_logger, name, cause.Message);
        }
        else
        {
            NotStarted(_logger, name, cause.Message);
        }

        if (Environment.ExitCode == 0)
        {
            Environment.ExitCode = 1;
        }

        // A host that is told to stop while it starts may throw at whoever started it, and the process aborts.
        await HostHasStartedAsync().ConfigureAwait(false);
        lifetime.StopApplication();
    }

    private async Task HostHasStartedAsync()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var onStarted = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        using var onStopping = lifetime.ApplicationStopping.Register(() => started.TrySetResult());
        await started.Task.ConfigureAwait(false);
    }

    // The engine has logged the failure itself, with its stack trace.
    [LoggerMessage(1, LogLevel.Critical, "StreamFlow application '{Name}' failed; the host stops, with exit code 1: {Reason}")]
    private static partial void Failed(ILogger logger, string name, string reason);

    [LoggerMessage(2, LogLevel.Warning,
        "StreamFlow application '{Name}' did not stop within the host's shutdown timeout ({Timeout}): what it has not "
        + "committed is processed again after the next start. Raise HostOptions.ShutdownTimeout if records take long")]
    private static partial void DrainTimedOut(ILogger logger, string name, TimeSpan timeout);

    [LoggerMessage(3, LogLevel.Critical, "StreamFlow application '{Name}' cannot start: {Reason}")]
    private static partial void NotStarted(ILogger logger, string name, string reason);

    [LoggerMessage(5, LogLevel.Information, "StreamFlow application '{Name}' was stopped before it had started")]
    private static partial void StoppedInStart(ILogger logger, string name);

    [LoggerMessage(4, LogLevel.Error,
        "StreamFlow application '{Name}' failed; the host goes on, as BackgroundServiceExceptionBehavior says: {Reason}")]
    private static partial void FailedAndIgnored(ILogger logger, string name, string reason);
}
