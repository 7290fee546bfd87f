using StreamFlow.Broker.Server;

namespace StreamFlow.Broker.Handlers;

/// <summary>An answer that holds bytes of the budget until it was sent.</summary>
internal sealed class HeldResponse(IResponse response, ByteLease lease) : IResponse
{
    public void Write(WireWriter writer)
    {
        writer.Held = lease;
        response.Write(writer);
    }
}
