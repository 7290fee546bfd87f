using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>
/// Does what comes before anything runs, however often that takes: a service, its broker and its disk often come back
/// together. What passes by itself is waited for, up to <see cref="StreamFlowOptions.TaskTimeout"/>.
/// </summary>
internal sealed class PatientStart(StreamFlowOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(200);

    /// <param name="prepare">What has to be done; it leaves nothing behind when it throws.</param>
    /// <param name="isStopping">Whether there is nothing to wait for any more.</param>
    /// <param name="cancellationToken">Ends the wait at any moment.</param>
    /// <exception cref="OperationCanceledException">The application is being stopped.</exception>
    public async Task RunAsync(Func<Task> prepare, Func<bool> isStopping, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            try
            {
                await prepare().ConfigureAwait(false);
                return;
            }
            catch (Exception exception) when (Passes(exception) && time.GetElapsedTime(start) < options.TaskTimeout)
            {
                RuntimeLog.StartRetried(logger, exception, options.ApplicationId);
                if (isStopping())
                {
                    throw new OperationCanceledException("The application is stopped while it starts.", exception);
                }
            }

            await Task.Delay(Backoff, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool Passes(Exception exception) =>
        exception is KafkaClientException { Kind: KafkaErrorKind.Retriable } or StateStoreException { IsTransient: true };
}
