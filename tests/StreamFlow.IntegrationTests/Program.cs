using StreamFlow.IntegrationTests.Broker;
using StreamFlow.IntegrationTests.Hosts;

namespace StreamFlow.IntegrationTests;

/// <summary>The processes that tests start in order to stop or kill them.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["transform", var bootstrapServers, var phase]:
                new TransformingClient(bootstrapServers).GoTo(phase);
                Console.WriteLine("REACHED");
                Console.ReadLine();
                return 0;
            case [WebService.Name, .. var settings]:
                await WebService.RunAsync(settings);
                return Environment.ExitCode;
            default:
                Console.Error.WriteLine("usage: transform BOOTSTRAP-SERVERS PHASE, or web [--SETTING=VALUE ...]");
                return 2;
        }
    }
}
