namespace StreamFlow.Broker.Server;

/// <summary>The header of a request, for handlers whose answer depends on it.</summary>
internal readonly record struct RequestContext(ConnectionContext Connection, short Version, string ClientId);
