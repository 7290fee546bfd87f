namespace StreamFlow.Broker.Tests;

public sealed class BrokerLogTests
{
    [Fact]
    public void A_callback_that_throws_is_counted_and_nothing_else()
    {
        var log = new BrokerLog(_ => throw new IOException("no space left for the log"));

        log.Write("first");
        log.Write("second");

        Assert.Equal(2, log.Failures);
    }
}
