using System.Security.Cryptography;

namespace StreamFlow.Broker.Security;

/// <summary>
/// What the broker keeps of a password: keys that check a proof and prove the broker to the client (RFC 5802, section 3).
/// The password cannot be computed from it, nor can a client log in with it.
/// </summary>
internal sealed record ScramCredential(byte[] Salt, byte[] StoredKey, byte[] ServerKey, int Iterations)
{
    private const int SaltBytes = 20;

    /// <summary>Of a new password, with a salt of its own.</summary>
    public static ScramCredential Create(
        ScramMechanism mechanism, string password, int iterations = ScramMechanism.MinIterations)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return FromSaltedPassword(mechanism, mechanism.SaltPassword(password, salt, iterations), salt, iterations);
    }

    /// <summary>Of a salted password, as AlterUserScramCredentials carries it.</summary>
    public static ScramCredential FromSaltedPassword(
        ScramMechanism mechanism, ReadOnlySpan<byte> saltedPassword, byte[] salt, int iterations)
    {
        byte[] clientKey = mechanism.Mac(saltedPassword, "Client Key"u8);
        return new ScramCredential(salt, mechanism.Digest(clientKey), mechanism.Mac(saltedPassword, "Server Key"u8), iterations);
    }

    /// <summary>Whether a password is the one: for PLAIN, where the client sends it.</summary>
    public bool Matches(ScramMechanism mechanism, string password) => CryptographicOperations.FixedTimeEquals(
        StoredKey,
        FromSaltedPassword(mechanism, mechanism.SaltPassword(password, Salt, Iterations), Salt, Iterations).StoredKey);
}
