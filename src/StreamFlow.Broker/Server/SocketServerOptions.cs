namespace StreamFlow.Broker.Server;

/// <summary>The limits of the socket server.</summary>
internal sealed record SocketServerOptions(int MaxConnections, int MaxRequestBytes, TimeSpan IdleTimeout)
{
    /// <summary>The bytes that all requests and answers may hold together.</summary>
    public long MaxBytesInFlight { get; init; } = 256L << 20;

    /// <summary>The connections that one address may have; asked each time, for it may change.</summary>
    public Func<int> MaxConnectionsPerAddress { get; init; } = static () => int.MaxValue;

    /// <summary>How long a client may take to send or to take a message while others wait for its bytes.</summary>
    public StallLimits Stall { get; init; } = new(Still: TimeSpan.FromSeconds(5), Whole: TimeSpan.FromSeconds(15));
}

/// <summary>The largest request that a connection takes, and where the bytes of all come from.</summary>
internal readonly record struct ConnectionLimits(int MaxRequestBytes, ByteBudget Budget);
