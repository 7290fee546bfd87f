namespace StreamFlow.Broker.Tests.Support;

/// <summary>A log that nobody reads.</summary>
internal static class TestLog
{
    public static BrokerLog None => new(null, TimeProvider.System);
}
