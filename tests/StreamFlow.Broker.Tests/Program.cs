using StreamFlow.Broker.Tests.Clients.Groups;

namespace StreamFlow.Broker.Tests;

/// <summary>The process that tests start in order to kill it.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        if (args is not ["member", var bootstrapServers, var group, var topic])
        {
            Console.Error.WriteLine("usage: member BOOTSTRAP-SERVERS GROUP TOPIC");
            return 2;
        }

        GroupMember.Run(bootstrapServers, group, topic);
        return 0;
    }
}
