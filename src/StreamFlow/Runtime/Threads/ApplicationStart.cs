using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// What comes before anything runs: topics are checked and made, the state directory is taken. A service, its broker and
/// its disk often come back together, so what passes by itself is waited for, up to
/// <see cref="StreamFlowOptions.TaskTimeout"/>.
/// </summary>
internal sealed class ApplicationStart(
    Topology topology, StreamFlowOptions options, IKafkaClients clients, StreamsServices services, ApplicationMeter meter, ILogger logger)
{
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(200);

    /// <param name="isStopping">Whether there is nothing to wait for any more.</param>
    /// <param name="cancellationToken">Ends the wait at any moment.</param>
    /// <exception cref="OperationCanceledException">The application is being stopped.</exception>
    public async Task<ThreadServices> PrepareAsync(Func<bool> isStopping, CancellationToken cancellationToken)
    {
        using var admin = clients.CreateAdmin($"{options.ApplicationId}-admin");
        var start = services.Time.GetTimestamp();
        while (true)
        {
            try
            {
                var topics = await new TopicPreparation(topology.Plan, options, admin, logger)
                    .RunAsync(cancellationToken).ConfigureAwait(false);
                var batches = await BatchLimits.FindAsync(topics, options, admin, logger, cancellationToken).ConfigureAwait(false);
                return await ToldAsync(WithState(topics, batches), admin, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (Passes(exception) && services.Time.GetElapsedTime(start) < options.TaskTimeout)
            {
                RuntimeLog.StartRetried(logger, options.ApplicationId, exception.Message);
                if (isStopping())
                {
                    throw new OperationCanceledException("The application is stopped while it starts.", exception);
                }
            }

            await Task.Delay(Backoff, services.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tells of what the topology no longer uses; nobody holds the state directory when that fails or is given up.</summary>
    private async Task<ThreadServices> ToldAsync(ThreadServices prepared, IKafkaAdmin admin, CancellationToken cancellationToken)
    {
        try
        {
            await new Leftovers(prepared.Topics.Plan, options, logger).TellAsync(admin, prepared.StateDirectory, cancellationToken)
                .ConfigureAwait(false);
            return prepared;
        }
        catch
        {
            prepared.StateDirectory?.Dispose();
            throw;
        }
    }

    private static bool Passes(Exception exception) =>
        exception is KafkaClientException { Kind: KafkaErrorKind.Retriable } or StateStoreException { IsTransient: true };

    private ThreadServices WithState(ResolvedTopics topics, int? maxBatchBytes)
    {
        var directory = services.StoreBackend is not null && topology.HasPersistentStores
            ? StateDirectory.Open(options.StateDirectory, options.ApplicationId)
            : null;
        return new ThreadServices
        {
            Options = options,
            Topics = topics,
            MaxBatchBytes = maxBatchBytes,
            TopologyIdentity = topology.Identity,
            Clients = clients,
            StateDirectory = directory,
            ProcessId = directory?.ProcessId ?? Guid.NewGuid(),
            StoreBackend = services.StoreBackend,
            Time = services.Time,
            Meter = meter,
            Logger = logger,
        };
    }
}
