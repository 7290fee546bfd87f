using System.Net;
using StreamFlow.Broker.Security;

namespace StreamFlow.Broker.Server;

/// <summary>What a handler may know about the connection a request came from.</summary>
/// <param name="address">The peer's address; null if it has none.</param>
/// <param name="listener">Where it came in.</param>
/// <param name="gone">Signals that the peer is gone: parked requests are given up.</param>
/// <param name="stopping">Signals that the broker stops: parked requests are answered at once.</param>
internal sealed class ConnectionContext(IPAddress? address, Listener listener, CancellationToken gone, CancellationToken stopping)
{
    private readonly string _host = address?.ToString() ?? "";
    private string _principal = Caller.Anonymous;

    /// <summary>The peer's address in Kafka's spelling, such as <c>/127.0.0.1</c>.</summary>
    public string ClientHost => $"/{_host}";

    /// <summary>What the client says it is, in its ApiVersions; empty when it does not.</summary>
    public string SoftwareName { get; set; } = string.Empty;

    /// <summary>The version of that.</summary>
    public string SoftwareVersion { get; set; } = string.Empty;

    public CancellationToken Gone { get; } = gone;

    public CancellationToken Stopping { get; } = stopping;

    /// <summary>Where the bytes of requests and answers are taken from.</summary>
    public ByteBudget Budget { get; init; } = new(long.MaxValue, TimeProvider.System);

    /// <summary>How this broker is reached where the connection came in.</summary>
    public MetadataBroker Self => listener.Advertised;

    /// <summary>Its authentication; null where none is asked for.</summary>
    public SaslSession? Sasl { get; } = listener.Sasl is null ? null : new SaslSession(listener.Sasl, address?.ToString() ?? "");

    /// <summary>The mechanisms by which the peer may authenticate; none where that is not asked for.</summary>
    public IReadOnlyList<string> Mechanisms => listener.Sasl?.Mechanisms ?? [];

    /// <summary>What the peer may do; null where everybody may do everything.</summary>
    public AccessControl? Access => listener.Access;

    /// <summary>Whether it is known who the peer is, as far as anybody wants to know.</summary>
    public bool IsKnown { get => field && Sasl is not { Principal: null }; private set; }

    /// <summary>Who the peer is.</summary>
    public Caller Caller => new(Sasl?.Principal ?? _principal, _host);

    /// <summary>Why the connection must be closed after this request, or null; the only way to report an error to acks=0.</summary>
    public string? CloseReason { get; private set; }

    /// <summary>
    /// Whether the request being handled must be answered before the next is looked at, although its API may overlap. Set
    /// by its handler before the first wait.
    /// </summary>
    public bool IsExclusive { get; set; }

    /// <summary>What is the same about such reasons: the messages of a kind are limited together.</summary>
    public string CloseKind { get; private set; } = "";

    /// <summary>The connection is established; who the peer is may still be to be proven.</summary>
    /// <param name="principal">Who it is by its certificate; null if it has shown none.</param>
    public void Establish(string? principal)
    {
        _principal = principal is null ? Caller.Anonymous : $"User:{principal}";
        IsKnown = true;
    }

    public void Close(string reason, string kind = "acks=0")
    {
        CloseReason = reason;
        CloseKind = kind;
    }
}
