namespace StreamFlow.Broker.Protocol;

/// <summary>A frame that cannot be understood. The protocol has no general error reply: the connection is closed.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
