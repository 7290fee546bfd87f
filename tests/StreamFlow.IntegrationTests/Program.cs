using StreamFlow.IntegrationTests.Broker;

namespace StreamFlow.IntegrationTests;

/// <summary>The process that tests start in order to kill it.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        switch (args)
        {
            case ["transform", var bootstrapServers, var phase]:
                new TransformingClient(bootstrapServers).GoTo(phase);
                Console.WriteLine("REACHED");
                Console.ReadLine();
                return 0;
            default:
                Console.Error.WriteLine("usage: transform BOOTSTRAP-SERVERS PHASE");
                return 2;
        }
    }
}
