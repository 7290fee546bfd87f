using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StreamFlow.Broker;

namespace StreamFlow.Hosting.Embedded;

/// <summary>Sees to it that the broker is up before other services of the host start, and stops it when all have stopped.</summary>
internal sealed class BrokerService(IServiceProvider services) : IHostedLifecycleService
{
    private EmbeddedBroker? _broker;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _broker = services.GetRequiredService<EmbeddedBroker>();
        return Task.CompletedTask;
    }

    /// <summary>Starts it in a host of another make, which does not know <see cref="IHostedLifecycleService"/>.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _broker is null ? StartingAsync(cancellationToken) : Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// The one step that comes after the end of all services, even of those that are stopped at once. A host that ran out of
    /// time still has applications at work: they end when the host is disposed, and the broker after them.
    /// </summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (_broker is not null && !cancellationToken.IsCancellationRequested)
        {
            await _broker.DisposeAsync().ConfigureAwait(false);
        }
    }
}
