using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace StreamFlow.Broker.Security;

/// <summary>
/// Checks tokens of OAUTHBEARER: JSON Web Tokens in the compact form (RFC 7515 and 7519), signed with RSA or ECDSA.
/// </summary>
/// <param name="rules">What a token must say.</param>
/// <param name="keys">What it may be signed with; null if none is taken but unsecured ones.</param>
/// <param name="time">The clock that it expires by.</param>
internal sealed class TokenValidator(BrokerOAuth rules, KeySource? keys, TimeProvider time)
{
    private const int LongestToken = 64 * 1024;

    private static readonly string[] Algorithms =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    public async ValueTask<TokenResult> ValidateAsync(string token, CancellationToken ct)
    {
        string[] parts = token.Split('.');
        if (parts.Length != 3 || token.Length > LongestToken)
        {
            return TokenResult.Invalid("the token is not a JSON Web Token of three parts");
        }

        try
        {
            using JsonDocument header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]), Strict);
            string? problem = await CheckSignatureAsync(header.RootElement, token, parts[2], ct).ConfigureAwait(false);
            if (problem is not null)
            {
                return TokenResult.Invalid(problem);
            }

            using JsonDocument claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]), Strict);
            return CheckClaims(claims.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return TokenResult.Invalid($"the token is damaged: {e.Message}");
        }
    }

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <exception cref="FormatException">The claim is there but is no time.</exception>
    private static DateTimeOffset? Time(JsonElement claims, string name)
    {
        if (!claims.TryGetProperty(name, out JsonElement value))
        {
            return null;
        }

        // Up to the year 9999, in seconds, which may have a fraction.
        double seconds = value.GetDouble();
        return seconds is >= 0 and < 253402300800
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000))
            : throw new FormatException($"'{name}' is no time");
    }

    private async ValueTask<string?> CheckSignatureAsync(
        JsonElement header, string token, string signature, CancellationToken ct)
    {
        string algorithm = Text(header, "alg") ?? "";
        if (algorithm == "none")
        {
            return !rules.AllowUnsecuredTokens ? "the token is not signed"
                : signature.Length > 0 ? "the token has a signature and says that it has none"
                : null;
        }

        if (header.TryGetProperty("crit", out _))
        {
            return "the token has extensions that must be understood";
        }

        if (!Algorithms.Contains(algorithm, StringComparer.Ordinal) || keys is null)
        {
            return $"the token is signed with {(algorithm.Length == 0 ? "nothing named" : "an algorithm")} that is not accepted";
        }

        byte[] signed = Encoding.ASCII.GetBytes(token[..token.LastIndexOf('.')]);
        byte[] bytes = Base64Url.DecodeFromChars(signature);
        return await keys.VerifyAsync(Text(header, "kid"), algorithm, signed, bytes, ct).ConfigureAwait(false)
            ? null
            : "the token is signed with a key that is not known, or its signature is wrong";
    }

    private TokenResult CheckClaims(JsonElement claims)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (Time(claims, "exp") is not { } expires || expires + rules.ClockSkew <= now)
        {
            return TokenResult.Invalid("the token has expired, or does not say when it does (exp)");
        }

        if ((Time(claims, "nbf") is { } from && from - rules.ClockSkew > now)
            || (Time(claims, "iat") is { } issued && issued - rules.ClockSkew > now))
        {
            return TokenResult.Invalid("the token is not valid yet (nbf, iat)");
        }

        if (rules.Issuer is not null && Text(claims, "iss") != rules.Issuer)
        {
            return TokenResult.Invalid("the token has another issuer (iss)");
        }

        if (rules.Audiences.Count > 0 && !HasAudience(claims))
        {
            return TokenResult.Invalid("the token is for another audience (aud)");
        }

        return Text(claims, rules.PrincipalClaim) is { Length: > 0 } user
            ? TokenResult.Valid(user, expires)
            : TokenResult.Invalid($"the token does not say who its bearer is ({rules.PrincipalClaim})");
    }

    private bool HasAudience(JsonElement claims) => claims.TryGetProperty("aud", out JsonElement audience)
        && (audience.ValueKind == JsonValueKind.Array
            ? audience.EnumerateArray().Any(x => rules.Audiences.Contains(x.GetString() ?? ""))
            : rules.Audiences.Contains(audience.GetString() ?? ""));
}
