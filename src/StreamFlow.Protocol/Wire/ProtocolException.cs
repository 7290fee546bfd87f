namespace StreamFlow.Protocol;

/// <summary>A frame that cannot be understood. The protocol has no general error reply: the connection is closed.</summary>
internal sealed class ProtocolException(string message) : Exception(message)
{
    /// <summary>What such errors have in common where many clients, or one again and again, cause them.</summary>
    /// <value>Default: all have it in common that they cannot be understood.</value>
    public string Kind { get; init; } = "request";
}
