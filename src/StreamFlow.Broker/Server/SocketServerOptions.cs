namespace StreamFlow.Broker.Server;

/// <summary>The limits of the socket server.</summary>
internal sealed record SocketServerOptions(int MaxConnections, int MaxRequestBytes, TimeSpan IdleTimeout);
