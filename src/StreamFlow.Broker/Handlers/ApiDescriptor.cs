using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>One API: the versions advertised, and what answers it.</summary>
/// <param name="Key">The API's number.</param>
/// <param name="MinVersion">The lowest version advertised.</param>
/// <param name="MaxVersion">The highest version advertised and implemented.</param>
/// <param name="Invoke">Decodes the body and calls the handler.</param>
internal sealed record ApiDescriptor(
    ApiKey Key, short MinVersion, short MaxVersion, ApiDescriptor.Invoker Invoke)
{
    public delegate ValueTask<IResponse?> Invoker(BrokerHandlers handlers, ref WireReader reader, RequestContext context);

    /// <summary>The first version with compact lengths and tag sections, as the messages have it.</summary>
    public short FlexibleFrom { get; } = KafkaApis.Find(Key)!.FlexibleFrom;

    /// <summary>Kafka's name of the API.</summary>
    public string Name { get; } = Key.ToString();

    /// <summary>The lowest version that is really answered; below it the connection is closed.</summary>
    public short ImplementedFrom { get; init; } = MinVersion;

    /// <summary>What may be handled before this one is answered.</summary>
    public RequestOrder Order { get; init; }
}
