namespace StreamFlow.Broker.Server;

/// <summary>What a handler may know about the connection a request came from.</summary>
/// <param name="clientHost">The peer's address in Kafka's spelling, such as <c>/127.0.0.1</c>.</param>
/// <param name="gone">Signals that the peer is gone: parked requests are given up.</param>
/// <param name="stopping">Signals that the broker stops: parked requests are answered at once.</param>
internal sealed class ConnectionContext(string clientHost, CancellationToken gone, CancellationToken stopping)
{
    public string ClientHost { get; } = clientHost;

    public CancellationToken Gone { get; } = gone;

    public CancellationToken Stopping { get; } = stopping;

    /// <summary>Why the connection must be closed after this request, or null; the only way to report an error to acks=0.</summary>
    public string? CloseReason { get; private set; }

    /// <summary>
    /// Whether the request being handled must be answered before the next is looked at, although its API may overlap. Set
    /// by its handler before the first wait.
    /// </summary>
    public bool IsExclusive { get; set; }

    public void Close(string reason) => CloseReason = reason;
}
