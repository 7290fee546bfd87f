using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Hosting;

/// <summary>Starts an application with the host, drains it when the host stops, and stops the host when it fails.</summary>
internal sealed partial class StreamFlowHostedService(
    StreamsApplication application, IHostApplicationLifetime lifetime, ILogger<StreamFlowHostedService> logger)
    : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await application.StartAsync(cancellationToken).ConfigureAwait(false);
        _ = WatchAsync();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await application.StopAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            DrainTimedOut(logger, application.ApplicationId);
        }
    }

    /// <summary>A worker whose topology is dead must not look alive: the host ends, so that it is started anew.</summary>
    private async Task WatchAsync()
    {
        try
        {
            await application.Completion.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Failed(logger, exception, application.ApplicationId);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    [LoggerMessage(1, LogLevel.Critical, "StreamFlow application {ApplicationId} failed; the host stops")]
    private static partial void Failed(ILogger logger, Exception exception, string applicationId);

    [LoggerMessage(2, LogLevel.Warning,
        "StreamFlow application {ApplicationId} did not stop within the host's shutdown timeout; what it had not committed is processed again")]
    private static partial void DrainTimedOut(ILogger logger, string applicationId);
}
