using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StreamFlow.Broker;
using StreamFlow.Runtime;

namespace StreamFlow.Hosting.Embedded;

/// <summary>Gives the broker's address to every application that has none, after configuration and code had their say.</summary>
internal sealed partial class BrokerForApplications(IServiceProvider services, ILogger<EmbeddedBroker> logger)
    : IPostConfigureOptions<StreamFlowHostOptions>
{
    private readonly GuardedLogger _logger = new(logger, project: 4, static () => { });

    public void PostConfigure(string? name, StreamFlowHostOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.BootstrapServers))
        {
            options.BootstrapServers = services.GetRequiredService<EmbeddedBroker>().BootstrapServers;
        }
        else
        {
            GoesElsewhere(_logger, name ?? string.Empty, options.BootstrapServers);
        }
    }

    [LoggerMessage(5, LogLevel.Warning,
        "StreamFlow application '{Name}' works on {BootstrapServers}, as its settings say, and not on the embedded broker: "
        + "leave BootstrapServers out of them if that is not meant")]
    private static partial void GoesElsewhere(ILogger logger, string name, string bootstrapServers);
}
