using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StreamFlow.Broker;
using StreamFlow.Runtime;

namespace StreamFlow.Hosting.Embedded;

/// <summary>
/// Starts the broker for whoever asks first: settings are checked before any service of a host is started, and an address
/// that another program may take meanwhile would be none.
/// </summary>
internal static partial class BrokerStart
{
    public static EmbeddedBroker Start(IServiceProvider services, EmbeddedBrokerOptions options)
    {
        var logger = new GuardedLogger(services.GetRequiredService<ILogger<EmbeddedBroker>>(), project: 4, static () => { });
        try
        {
            var settings = options with { LoggerFactory = options.LoggerFactory ?? services.GetRequiredService<ILoggerFactory>() };

            // Nothing in the start of a broker waits for anything.
            var broker = EmbeddedBroker.StartAsync(settings).GetAwaiter().GetResult();
            Ready(logger, broker.BootstrapServers, options.DataDirectory is null ? "a temporary directory" : broker.DataDirectory);
            if (options.DataDirectory is null && services.GetService<IHostEnvironment>()?.IsProduction() == true)
            {
                TemporaryInProduction(logger);
            }

            return broker;
        }
        catch (Exception exception)
        {
            NotStarted(logger, exception.Message);
            throw;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The embedded broker is ready at {BootstrapServers}, data in {Place}")]
    private static partial void Ready(ILogger logger, string bootstrapServers, string place);

    [LoggerMessage(3, LogLevel.Critical, "The embedded broker cannot start: {Reason}")]
    private static partial void NotStarted(ILogger logger, string reason);

    [LoggerMessage(4, LogLevel.Warning,
        "The embedded broker keeps its topics in a temporary directory, which is deleted when this host stops, and the "
        + "environment is Production: set EmbeddedBrokerOptions.DataDirectory, or add the broker in Development only")]
    private static partial void TemporaryInProduction(ILogger logger);
}
