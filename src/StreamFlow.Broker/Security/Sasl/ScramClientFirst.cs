namespace StreamFlow.Broker.Security;

/// <summary>A client's first message of SCRAM, taken apart.</summary>
/// <param name="User">Who it says it is.</param>
/// <param name="Nonce">Its part of the nonce.</param>
/// <param name="Gs2Header">What stands before <paramref name="Bare"/>; the final message repeats it.</param>
/// <param name="Bare">The message without that header, which the proof covers.</param>
internal sealed record ScramClientFirst(string User, string Nonce, string Gs2Header, string Bare)
{
    /// <summary>Reads <c>n,[a=authzid],n=user,r=nonce[,extensions]</c> (RFC 5802, section 7).</summary>
    public static (ScramClientFirst? Message, string? Problem) Parse(string text)
    {
        string[] parts = text.Split(',');
        if (parts.Length < 4 || parts[0] is not ("n" or "y"))
        {
            return (null, parts[0].StartsWith("p=", StringComparison.Ordinal)
                ? "a first message that asks for channel binding, which is not offered"
                : "a first message that is not one of SCRAM");
        }

        if (!parts[2].StartsWith("n=", StringComparison.Ordinal) || Unescape(parts[2][2..]) is not { Length: > 0 } user)
        {
            return (null, "a first message without a valid user name");
        }

        if (!parts[3].StartsWith("r=", StringComparison.Ordinal) || !IsNonce(parts[3].AsSpan(2)))
        {
            return (null, "a first message without a valid nonce");
        }

        bool actsForItself = parts[1].Length == 0
            || (parts[1].StartsWith("a=", StringComparison.Ordinal) && Unescape(parts[1][2..]) == user);
        if (!actsForItself)
        {
            return (null, $"user '{user}' that wants to act for another");
        }

        // Tokens that stand for users are not offered; taken for a password the token would merely seem wrong.
        if (parts.Skip(4).Contains("tokenauth=true"))
        {
            return (null, "a delegation token, which is not offered");
        }

        string gs2 = $"{parts[0]},{parts[1]},";
        return (new ScramClientFirst(user, parts[3][2..], gs2, text[gs2.Length..]), null);
    }

    private static bool IsNonce(ReadOnlySpan<char> nonce) => nonce.Length > 0 && !nonce.ContainsAnyExceptInRange('!', '~');

    /// <summary>A comma is written =2C and an equals sign =3D; any other use of that sign is invalid: null.</summary>
    private static string? Unescape(string name)
    {
        string unescaped = name.Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        return name.Split('=').Skip(1).All(static x =>
            x.StartsWith("2C", StringComparison.Ordinal) || x.StartsWith("3D", StringComparison.Ordinal))
            ? unescaped
            : null;
    }
}
