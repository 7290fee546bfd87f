using System.Security.Cryptography;
using System.Text;

namespace StreamFlow.Broker.Security;

/// <summary>
/// The server's side of SCRAM (RFC 5802 and 7677) without channel binding, which Kafka does not have. Who is unknown is
/// asked like everybody else, with a salt that is always the same, and fails at the end: nobody can try names out.
/// </summary>
/// <param name="mechanism">Which hash.</param>
/// <param name="find">Finds what is stored of a user.</param>
/// <param name="unknownSalt">Makes the salt of a user who is unknown.</param>
/// <param name="serverNonce">The server's part of the nonce; printable, without a comma, never used before.</param>
internal sealed class ScramExchange(
    ScramMechanism mechanism, Func<string, ScramCredential?> find, Func<string, byte[]> unknownSalt, string serverNonce)
    : SaslExchange
{
    private const int LongestMessage = 4096;

    private ScramClientFirst? _first;
    private ScramCredential? _credential;
    private string _serverFirst = "";
    private bool _ended;

    private string Refusal =>
        $"Authentication failed during authentication due to invalid credentials with SASL mechanism {mechanism.Name}";

    /// <summary>A nonce that nobody can foresee.</summary>
    public static string NewNonce() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(24));

    public override ValueTask<SaslStep> NextAsync(ReadOnlyMemory<byte> message, CancellationToken ct) => new(Next(message.Span));

    private SaslStep Next(ReadOnlySpan<byte> message)
    {
        if (_ended || message.Length > LongestMessage)
        {
            return End(_ended ? "a message after the end" : $"a message of {message.Length} bytes");
        }

        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(message);
        }
        catch (ArgumentException)
        {
            return End("a message that is not UTF-8");
        }

        return _first is null ? Begin(text) : Finish(_first, text);
    }

    private SaslStep Begin(string text)
    {
        (ScramClientFirst? first, string? problem) = ScramClientFirst.Parse(text);
        if (first is null)
        {
            return End(problem!);
        }

        _first = first;
        _credential = find(first.User);
        byte[] salt = _credential?.Salt ?? unknownSalt(first.User);
        int iterations = _credential?.Iterations ?? ScramMechanism.MinIterations;
        _serverFirst = $"r={first.Nonce}{serverNonce},s={Convert.ToBase64String(salt)},i={iterations}";
        return SaslStep.Continue(Encoding.UTF8.GetBytes(_serverFirst));
    }

    private SaslStep Finish(ScramClientFirst first, string text)
    {
        _ended = true;
        int proofAt = text.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0)
        {
            return End("a final message without a proof");
        }

        string withoutProof = text[..proofAt];
        string[] parts = withoutProof.Split(',');
        string binding = $"c={Convert.ToBase64String(Encoding.UTF8.GetBytes(first.Gs2Header))}";
        if (parts.Length < 2 || parts[0] != binding)
        {
            return End("a final message whose channel binding is not that of the first one");
        }

        // Equal, says RFC 5802. librdkafka before 2.6.1 repeats its own part in front, which Kafka takes as well: what
        // matters is that it ends with what was never said before.
        if (!parts[1].StartsWith($"r={first.Nonce}", StringComparison.Ordinal)
            || !parts[1].EndsWith($"{first.Nonce}{serverNonce}", StringComparison.Ordinal))
        {
            return End("a final message with the nonce of another conversation");
        }

        byte[] proof = new byte[mechanism.Size];
        if (!Convert.TryFromBase64String(text[(proofAt + 3)..], proof, out int length) || length != mechanism.Size)
        {
            return End("a proof that is none");
        }

        byte[] authMessage = Encoding.UTF8.GetBytes($"{first.Bare},{_serverFirst},{withoutProof}");
        return Verify(first.User, authMessage, proof);
    }

    private SaslStep Verify(string user, byte[] authMessage, byte[] proof)
    {
        // Also for those who are unknown, so that they take as long.
        ScramCredential credential = _credential ?? new ScramCredential([], new byte[mechanism.Size], new byte[mechanism.Size], 0);
        byte[] clientKey = mechanism.Mac(credential.StoredKey, authMessage);
        for (int i = 0; i < clientKey.Length; i++)
        {
            clientKey[i] ^= proof[i];
        }

        bool proven = CryptographicOperations.FixedTimeEquals(mechanism.Digest(clientKey), credential.StoredKey);
        if (_credential is null || !proven)
        {
            return SaslStep.Failed(Refusal, $"{(_credential is null ? "unknown user" : "wrong password of user")} '{user}'");
        }

        string signature = Convert.ToBase64String(mechanism.Mac(credential.ServerKey, authMessage));
        return SaslStep.Done(user, Encoding.UTF8.GetBytes($"v={signature}"));
    }

    private SaslStep End(string detail)
    {
        _ended = true;
        return SaslStep.Failed(Refusal, detail);
    }
}
