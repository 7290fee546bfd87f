using StreamFlow.Broker.Server;
using System.Globalization;
using System.Net;
using StreamFlow.Broker.Handlers;

namespace StreamFlow.Broker;

/// <summary>Decides where to listen and what to tell clients.</summary>
internal static class BrokerAddress
{
    /// <exception cref="ArgumentException">The host is no address, or a wildcard without an advertised host.</exception>
    public static IPEndPoint Resolve(BrokerListener listener)
    {
        // Clients try ::1 first for the name localhost on many systems, so the literal is both bound and advertised.
        IPAddress? address = listener.Host == "localhost" ? IPAddress.Loopback
            : IPAddress.TryParse(listener.Host, out IPAddress? parsed) ? parsed
            : throw new ArgumentException($"Host is '{listener.Host}'; it must be an IP address or localhost.");
        bool wildcard = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        if (wildcard && listener.AdvertisedHost is null)
        {
            throw new ArgumentException(
                $"Host is '{listener.Host}', all addresses; set AdvertisedHost to the name clients reach this machine by.");
        }

        return new IPEndPoint(address, listener.Port);
    }

    /// <summary>Where clients connect, as <c>host:port</c>.</summary>
    public static string Text(MetadataBroker broker) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(broker.Host.Contains(':', StringComparison.Ordinal) ? $"[{broker.Host}]" : broker.Host)}:{broker.Port}");

    /// <summary>What clients of a listener are told.</summary>
    public static MetadataBroker Advertised(BrokerListener listener, IPEndPoint listening, int port, int nodeId) =>
        new(nodeId, listener.AdvertisedHost ?? listening.Address.ToString(), listener.AdvertisedPort ?? port);
}
