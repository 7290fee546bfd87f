using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrderCounts;
using StreamFlow;
using StreamFlow.Broker;

return Settings.Run(args, async settings =>
{
    await using var broker = settings.UsesEmbeddedBroker
        ? await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { AutoCreateTopics = false, KeepHistoricalRecords = true })
        : null;
    var servers = new BootstrapServers(settings.BootstrapServers ?? broker!.BootstrapServers);
    if (broker is not null)
    {
        Console.WriteLine($"embedded broker on {servers.Value}");
    }

    return await Worker.RunAsync(settings, servers);
});
