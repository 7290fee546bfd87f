using System.Net;
using StreamFlow.Broker.Server;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>A request for tests of handlers, from somebody who may do everything.</summary>
internal static class OpenRequest
{
    public static RequestContext Of(short version)
    {
        using Listener listener = new(new IPEndPoint(IPAddress.Loopback, 0));
        return new RequestContext(new ConnectionContext(IPAddress.Loopback, listener, default, default), version, "test");
    }
}
