
namespace StreamFlow.Broker.Security;

/// <summary>What a client is told about a message of its authentication.</summary>
/// <param name="Error">None, or why it is refused.</param>
/// <param name="Message">The same in words.</param>
/// <param name="Answer">What its mechanism tells it.</param>
/// <param name="LifetimeMs">How long what has been proven lasts; 0 for as long as the connection.</param>
internal readonly record struct SaslAnswer(ErrorCode Error, string? Message, byte[] Answer, long LifetimeMs)
{
    /// <summary>Why the client was refused, for the broker's own log; null if it was not.</summary>
    public string? Refusal { get; init; }
}

/// <summary>
/// The authentication of one connection: handshake, messages of the mechanism, and both again when what was proven runs
/// out (KIP-43, 152 and 368). Used by one request at a time.
/// </summary>
internal sealed class SaslSession(SaslPolicy policy, string host)
{
    /// <summary>The largest request of somebody who is still unknown; Kafka's <c>sasl.server.max.receive.size</c>.</summary>
    public const int LargestRequest = 512 * 1024;

    /// <summary>The longest message of a mechanism: what is made of it, as text and in parts, takes several times as much, and nobody counts that.</summary>
    public const int LongestMessage = 32 * 1024;

    /// <summary>Who has just authenticated must not do so again and again.</summary>
    private static readonly TimeSpan ShortestSession = TimeSpan.FromSeconds(1);

    private SaslExchange? _exchange;
    private string? _mechanism;
    private string? _provenMechanism;
    private long _provenAt;
    private TimeSpan? _lifetime;

    /// <summary>Who it is, as <c>User:name</c>; null before that is proven.</summary>
    public string? Principal { get; private set; }

    /// <summary>Whether the next frame is a bare message of the mechanism, without a header: what a handshake of version 0 means.</summary>
    public bool ExpectsBareMessage { get; private set; }

    /// <summary>Whether what was proven has run out.</summary>
    public bool IsExpired => _lifetime is { } lifetime && policy.Time.GetElapsedTime(_provenAt) >= lifetime;

    /// <summary>Why a request must not be handled, and the connection closed; null if it may be.</summary>
    public string? Refuse(ApiKey key)
    {
        if (_exchange is not null)
        {
            return key == ApiKey.SaslAuthenticate ? null : $"{key} in the midst of its authentication";
        }

        if (key is ApiKey.ApiVersions or ApiKey.SaslHandshake)
        {
            return null;
        }

        return Principal is null ? $"{key} before it has authenticated"
            : IsExpired ? $"{key} after its authentication has run out"
            : null;
    }

    /// <summary>Begins an authentication.</summary>
    /// <param name="mechanism">How the client would like to.</param>
    /// <param name="version">The version of its request.</param>
    /// <returns>None, or why not; the client is shown <see cref="SaslPolicy.Mechanisms"/> in any case.</returns>
    public ErrorCode Handshake(string mechanism, short version)
    {
        if (Principal is not null && (version == 0 || policy.Time.GetElapsedTime(_provenAt) < ShortestSession))
        {
            return ErrorCode.IllegalSaslState;
        }

        if (Principal is not null && mechanism != _provenMechanism)
        {
            // The client may not become less sure of than it was.
            return ErrorCode.IllegalSaslState;
        }

        _exchange = policy.Begin(mechanism);
        if (_exchange is null)
        {
            return ErrorCode.UnsupportedSaslMechanism;
        }

        _mechanism = mechanism;
        ExpectsBareMessage = version == 0;
        return ErrorCode.None;
    }

    /// <summary>Takes a message of the mechanism. After a refusal the connection must be closed.</summary>
    public async ValueTask<SaslAnswer> AuthenticateAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        if (_exchange is null)
        {
            string when = Principal is null ? "before SaslHandshake" : "after successful authentication";
            return new SaslAnswer(
                ErrorCode.IllegalSaslState, $"SaslAuthenticate request received {when}", [], 0) { Refusal = $"SaslAuthenticate {when}" };
        }

        if (message.Length > LongestMessage)
        {
            return await RefuseAsync(
                $"Authentication failed: the message has {message.Length} bytes; at most {LongestMessage} are taken",
                $"a message of {message.Length} bytes",
                ct).ConfigureAwait(false);
        }

        SaslStep step = await _exchange.NextAsync(message, ct).ConfigureAwait(false);
        if (step.Failure is not null)
        {
            return await RefuseAsync(step.Failure, step.Detail!, ct).ConfigureAwait(false);
        }

        if (step.User is null)
        {
            return new SaslAnswer(ErrorCode.None, null, step.Answer, 0);
        }

        string principal = $"User:{step.User}";
        if (Principal is not null && principal != Principal)
        {
            return await RefuseAsync(
                $"Cannot change principals during re-authentication from {Principal}: {principal}",
                $"{Principal} that authenticated again as {principal}",
                ct).ConfigureAwait(false);
        }

        Accept(principal, step.Expires);
        return new SaslAnswer(ErrorCode.None, null, step.Answer, (long)(_lifetime?.TotalMilliseconds ?? 0));
    }

    private void Accept(string principal, DateTimeOffset? expires)
    {
        _exchange = null;
        ExpectsBareMessage = false;
        _provenMechanism = _mechanism;
        _provenAt = policy.Time.GetTimestamp();
        _lifetime = Lifetime(expires);
        if (Principal is null)
        {
            SecurityLog.Authenticated(policy.Log, principal, host, _mechanism);
        }
        else
        {
            SecurityLog.AuthenticatedAgain(policy.Log, principal, host, _mechanism);
        }

        Principal = principal;
    }

    private async ValueTask<SaslAnswer> RefuseAsync(string message, string detail, CancellationToken ct)
    {
        _exchange = null;
        Principal = null;
        await Task.Delay(policy.Failures.Count(host), policy.Time, ct).ConfigureAwait(false);
        return new SaslAnswer(ErrorCode.SaslAuthenticationFailed, message, [], 0)
        {
            Refusal = $"{_mechanism} refused: {detail}",
        };
    }

    private TimeSpan? Lifetime(DateTimeOffset? expires)
    {
        TimeSpan? left = expires - policy.Time.GetUtcNow();
        TimeSpan? least = left is { } token && policy.MaxReauthentication is { } most
            ? (token < most ? token : most)
            : left ?? policy.MaxReauthentication;
        return least < TimeSpan.Zero ? TimeSpan.Zero : least;
    }
}
