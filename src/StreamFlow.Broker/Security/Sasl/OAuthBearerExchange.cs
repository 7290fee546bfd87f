using System.Text;

namespace StreamFlow.Broker.Security;

/// <summary>
/// OAUTHBEARER (RFC 7628): the client sends a token. A refused one is answered with a JSON status first; the exchange fails
/// with the empty message by which the client acknowledges that.
/// </summary>
internal sealed class OAuthBearerExchange(Func<string, CancellationToken, ValueTask<TokenResult>> validate) : SaslExchange
{
    private const char Separator = '\u0001';
    private const string Malformed = "Invalid OAUTHBEARER client first message";

    private string? _refused;

    public override async ValueTask<SaslStep> NextAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        if (_refused is not null)
        {
            return SaslStep.Failed(
                "Authentication failed during authentication due to invalid token with SASL mechanism OAUTHBEARER", _refused);
        }

        string text = Encoding.UTF8.GetString(message.Span);
        string[] parts = text.Split(Separator);

        // gs2 header, key-value pairs, and two separators at the end.
        bool framed = parts.Length >= 4 && parts[^1].Length == 0 && parts[^2].Length == 0;
        if (!framed || !TryReadHeader(parts[0], out string authorizationId))
        {
            return SaslStep.Failed(Malformed);
        }

        List<string> auth = [.. parts[1..^2].Where(static x => x.StartsWith("auth=", StringComparison.Ordinal))];
        if (auth.Count != 1 || !auth[0].StartsWith("auth=Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return SaslStep.Failed($"{Malformed}: it needs auth=Bearer and a token once");
        }

        TokenResult result = await validate(auth[0]["auth=Bearer ".Length..], ct).ConfigureAwait(false);
        if (result.Problem is null && (authorizationId.Length == 0 || authorizationId == result.User))
        {
            return SaslStep.Done(result.User!, [], result.Expires);
        }

        _refused = result.Problem ?? $"user '{result.User}' wanted to act for another";
        return SaslStep.Continue("""{"status":"invalid_token"}"""u8.ToArray());
    }

    private static bool TryReadHeader(string header, out string authorizationId)
    {
        string[] parts = header.Split(',');
        authorizationId = parts.Length > 1 && parts[1].StartsWith("a=", StringComparison.Ordinal)
            ? parts[1][2..].Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal)
            : "";
        return parts is [("n" or "y"), _, ""]
            && (parts[1].Length == 0 || authorizationId.Length > 0);
    }
}
