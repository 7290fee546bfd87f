using System.Net;
using System.Net.Sockets;
using StreamFlow.Broker.Security;

namespace StreamFlow.Broker.Server;

/// <summary>One address that is listened on, and what those who connect there must do first.</summary>
internal sealed class Listener : IDisposable
{
    private const int Backlog = 512;

    private readonly Socket _socket;

    /// <summary>Binds the address; the port is known from here on, but nobody is let in before <see cref="Open"/>.</summary>
    /// <exception cref="SocketException">The address cannot be bound, for example because the port is taken.</exception>
    public Listener(IPEndPoint endPoint)
    {
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                _socket.DualMode = true;
            }

            _socket.Bind(endPoint);
            Address = (IPEndPoint)_socket.LocalEndPoint!;
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Where it listens, with the port that was taken.</summary>
    public IPEndPoint Address { get; }

    public int Port => Address.Port;

    /// <summary>What it is called.</summary>
    public string Name { get; init; } = "PLAINTEXT";

    /// <summary>How clients of this listener are told to reach the broker.</summary>
    public MetadataBroker Advertised { get; set; }

    /// <summary>What TLS is spoken with; null for none.</summary>
    public TlsCertificates? Tls { get; init; }

    /// <summary>Makes names of users of the certificates of clients; null without TLS.</summary>
    public PrincipalMapper? Names { get; init; }

    /// <summary>How clients authenticate; null if they need not.</summary>
    public SaslPolicy? Sasl { get; init; }

    /// <summary>Who may do what; null where everybody may do everything.</summary>
    public AccessControl? Access { get; init; }

    public void Open() => _socket.Listen(Backlog);

    public ValueTask<Socket> AcceptAsync(CancellationToken ct) => _socket.AcceptAsync(ct);

    public void Dispose() => _socket.Dispose();
}
