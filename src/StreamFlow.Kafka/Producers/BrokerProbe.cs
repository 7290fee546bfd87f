using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Producers;

/// <summary>Asks for the brokers with a client of its own, whose lines nobody needs.</summary>
internal sealed class BrokerProbe(IEnumerable<KeyValuePair<string, string>> settings, string clientId) : IBrokerProbe
{
    private readonly NativeProducer _native = new(settings, new ClientCallbacks(clientId, lines: null));

    public bool Answers(TimeSpan limit) => !_native.AwaitBrokers(Timeouts.Milliseconds(limit)).IsError;

    public void Dispose() => _native.Dispose();
}
