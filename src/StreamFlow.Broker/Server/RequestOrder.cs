
namespace StreamFlow.Broker.Server;

/// <summary>
/// Answers one request. The frame may be reused as soon as the call returns, even when the task is not complete: handlers
/// take what they need before their first wait. Null means that no reply is sent (acks=0).
/// </summary>
/// <exception cref="ProtocolException">The frame cannot be understood; the connection must be closed.</exception>
internal delegate ValueTask<WireWriter?> RequestDispatch(
    Memory<byte> frame, ConnectionContext connection, out RequestOrder order);

/// <summary>What a connection may do with its next request before one is answered.</summary>
internal enum RequestOrder
{
    /// <summary>Nothing: requests are handled one after the other.</summary>
    AfterReply,

    /// <summary>Handle it at once.</summary>
    Pipelined,

    /// <summary>
    /// Handle it if it is a LeaveGroup: a client that closes while it waits for its group says so behind the request it
    /// waits for.
    /// </summary>
    BehindLeave,
}
