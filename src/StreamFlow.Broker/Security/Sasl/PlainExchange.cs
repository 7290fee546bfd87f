using System.Text;

namespace StreamFlow.Broker.Security;

/// <summary>PLAIN (RFC 4616): the client sends its name and its password.</summary>
internal sealed class PlainExchange(Func<string, string, CancellationToken, ValueTask<bool>> check) : SaslExchange
{
    private const string Refusal = "Authentication failed: Invalid username or password";

    public override async ValueTask<SaslStep> NextAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        string[] parts;
        try
        {
            parts = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(message.Span).Split('\0');
        }
        catch (ArgumentException)
        {
            return SaslStep.Failed("Invalid SASL/PLAIN response: it is not UTF-8");
        }

        if (parts.Length != 3)
        {
            return SaslStep.Failed($"Invalid SASL/PLAIN response: expected 3 tokens, got {parts.Length}");
        }

        string user = parts[1];
        if (user.Length == 0 || parts[2].Length == 0)
        {
            return SaslStep.Failed($"Authentication failed: {(user.Length == 0 ? "username" : "password")} not specified");
        }

        if (parts[0].Length > 0 && parts[0] != user)
        {
            return SaslStep.Failed(
                "Authentication failed: Client requested an authorization id that is different from username",
                $"user '{user}' wanted to act for another");
        }

        return await check(user, parts[2], ct).ConfigureAwait(false)
            ? SaslStep.Done(user, [])
            : SaslStep.Failed(Refusal, $"unknown user or wrong password: '{user}'");
    }
}
