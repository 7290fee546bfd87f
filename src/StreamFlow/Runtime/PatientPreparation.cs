using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Prepares the topics, however often that takes: a service and its broker often start, or start again, together.
/// What passes by itself is waited for, up to <see cref="StreamFlowOptions.TaskTimeout"/>.
/// </summary>
internal sealed class PatientPreparation(
    TopologyPlan plan, StreamFlowOptions options, IKafkaAdmin admin, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(200);

    /// <param name="isStopping">Whether there is nothing to wait for any more.</param>
    /// <param name="cancellationToken">Ends the wait at any moment.</param>
    /// <exception cref="OperationCanceledException">The application is being stopped.</exception>
    public async Task<ResolvedTopics> RunAsync(Func<bool> isStopping, CancellationToken cancellationToken)
    {
        var preparation = new TopicPreparation(plan, options, admin);
        var start = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await preparation.RunAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (KafkaClientException exception) when (
                exception.Kind == KafkaErrorKind.Retriable && time.GetElapsedTime(start) < options.TaskTimeout)
            {
                RuntimeLog.PreparationRetried(logger, exception, options.ApplicationId);
                if (isStopping())
                {
                    throw new OperationCanceledException("The application is stopped while it starts.", exception);
                }
            }

            await Task.Delay(Backoff, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
