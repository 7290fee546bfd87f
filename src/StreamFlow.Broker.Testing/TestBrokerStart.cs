namespace StreamFlow.Broker.Testing;

/// <summary>Starts of a test broker, the first and the others.</summary>
internal static class TestBrokerStart
{
    private const int Attempts = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>Starts a broker. Its port may not be free at once when it had been its own before.</summary>
    public static async Task<EmbeddedBroker> AtOnceOrSoonAsync(EmbeddedBrokerOptions options, bool isAgain)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await EmbeddedBroker.StartAsync(options).ConfigureAwait(false);
            }
            catch (IOException exception) when (isAgain && attempt < Attempts && exception.InnerException is System.Net.Sockets.SocketException)
            {
                await Task.Delay(Pause, TimeProvider.System).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The same settings with the ports that were taken, so that clients find the next broker where this one was.</summary>
    public static EmbeddedBrokerOptions OnThePortsOf(EmbeddedBroker broker, EmbeddedBrokerOptions options) => options.Listeners.Count == 0
        ? options with { Port = broker.Port }
        : options with { Listeners = [.. options.Listeners.Zip(broker.Ports, static (listener, port) => listener with { Port = port })] };

    /// <summary>The step of a transaction by the name of its fault point.</summary>
    public static TransactionStep StepOf(string point)
    {
        int step = FaultPoints.All.Index().First(x => x.Item == point).Index;
        return (TransactionStep)step;
    }
}
