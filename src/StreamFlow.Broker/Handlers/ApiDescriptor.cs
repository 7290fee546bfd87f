using StreamFlow.Broker.Server;

namespace StreamFlow.Broker.Handlers;

/// <summary>One API: the versions advertised, where the flexible encoding begins, and what answers it.</summary>
/// <param name="Key">The API's number.</param>
/// <param name="MinVersion">The lowest version advertised.</param>
/// <param name="MaxVersion">The highest version advertised and implemented.</param>
/// <param name="FlexibleFrom">The first version with compact lengths and tag sections.</param>
/// <param name="Invoke">Decodes the body and calls the handler.</param>
internal sealed record ApiDescriptor(
    ApiKey Key, short MinVersion, short MaxVersion, short FlexibleFrom, ApiDescriptor.Invoker Invoke)
{
    public delegate ValueTask<IResponse?> Invoker(BrokerHandlers handlers, ref WireReader reader, RequestContext context);

    /// <summary>Kafka's name of the API.</summary>
    public string Name { get; } = Key.ToString();

    /// <summary>The lowest version that is really answered; below it the connection is closed.</summary>
    public short ImplementedFrom { get; init; } = MinVersion;

    /// <summary>What may be handled before this one is answered.</summary>
    public RequestOrder Order { get; init; }
}
