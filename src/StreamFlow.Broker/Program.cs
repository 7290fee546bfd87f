namespace StreamFlow.Broker;

internal static class Program
{
    private static int Main() => 0;
}
