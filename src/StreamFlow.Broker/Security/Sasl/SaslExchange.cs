namespace StreamFlow.Broker.Security;

/// <summary>What comes of one message of a client that authenticates.</summary>
/// <param name="Answer">What the client is told; empty if its mechanism says nothing.</param>
internal readonly record struct SaslStep(byte[] Answer)
{
    /// <summary>Who it is, without its type; null while that is not known.</summary>
    public string? User { get; private init; }

    /// <summary>When that ends by itself, as that of a token does; null for never.</summary>
    public DateTimeOffset? Expires { get; private init; }

    /// <summary>Why the client is refused, as it is told; null if it is not.</summary>
    public string? Failure { get; private init; }

    /// <summary>Why it is refused, as the broker's own log says it; it may say more than the client is told.</summary>
    public string? Detail { get; private init; }

    public static SaslStep Continue(byte[] answer) => new(answer);

    public static SaslStep Done(string user, byte[] answer, DateTimeOffset? expires = null) =>
        new(answer) { User = user, Expires = expires };

    public static SaslStep Failed(string failure, string? detail = null) =>
        new([]) { Failure = failure, Detail = detail ?? failure };
}

/// <summary>One conversation of a mechanism with one client.</summary>
internal abstract class SaslExchange
{
    /// <summary>Takes the client's next message.</summary>
    public abstract ValueTask<SaslStep> NextAsync(ReadOnlyMemory<byte> message, CancellationToken ct);
}
