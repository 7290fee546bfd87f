using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Client;

/// <summary>The client's side of SCRAM (RFC 5802, RFC 7677): neither side ever says the password.</summary>
internal sealed class ScramClient
{
    /// <summary>A server that asks for more wants to keep the client busy.</summary>
    private const int MaxIterations = 10_000_000;

    private readonly HashAlgorithmName _hash;
    private readonly string _password;
    private readonly string _firstBare;
    private readonly string _nonce;
    private byte[] _serverSignature = [];

    public ScramClient(string mechanism, string user, string password)
        : this(mechanism, user, password, Convert.ToBase64String(RandomNumberGenerator.GetBytes(24)))
    {
    }

    internal ScramClient(string mechanism, string user, string password, string nonce)
    {
        _hash = HashOf(mechanism);
        _password = password;
        _nonce = nonce;
        _firstBare = $"n={user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal)},r={nonce}";
    }

    /// <summary>The hash of a mechanism.</summary>
    public static HashAlgorithmName HashOf(string mechanism) => mechanism == "SCRAM-SHA-512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256;

    /// <summary>The password as the broker keeps it.</summary>
    public static byte[] Salted(HashAlgorithmName hash, string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, hash, hash == HashAlgorithmName.SHA512 ? 64 : 32);

    public string First() => $"n,,{_firstBare}";

    /// <summary>Answers the server's challenge.</summary>
    public string Final(string serverFirst)
    {
        Dictionary<char, string> parts = Parts(serverFirst);
        if (!parts.TryGetValue('r', out string? nonce) || !nonce.StartsWith(_nonce, StringComparison.Ordinal) || nonce.Length == _nonce.Length
            || !parts.TryGetValue('s', out string? salt) || !parts.TryGetValue('i', out string? count)
            || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int iterations) || iterations is < 1 or > MaxIterations)
        {
            throw new UnreachableException($"The broker's part of SCRAM makes no sense: {TableText.Escape(serverFirst)}");
        }

        byte[] salted = Salted(_hash, _password, Convert.FromBase64String(salt), iterations);
        byte[] clientKey = Hmac(salted, "Client Key"u8);
        string withoutProof = $"c=biws,r={nonce}";
        byte[] message = Encoding.UTF8.GetBytes($"{_firstBare},{serverFirst},{withoutProof}");
        byte[] signature = Hmac(CryptographicOperations.HashData(_hash, clientKey), message);
        _serverSignature = Hmac(Hmac(salted, "Server Key"u8), message);
        byte[] proof = [.. clientKey.Zip(signature, static (a, b) => (byte)(a ^ b))];
        return $"{withoutProof},p={Convert.ToBase64String(proof)}";
    }

    /// <summary>Whether the server has shown that it knows the password too.</summary>
    public bool IsServer(string serverFinal) =>
        Parts(serverFinal).TryGetValue('v', out string? signature)
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(signature), Encoding.ASCII.GetBytes(Convert.ToBase64String(_serverSignature)));

    private byte[] Hmac(byte[] key, ReadOnlySpan<byte> message) => CryptographicOperations.HmacData(_hash, key, message);

    private static Dictionary<char, string> Parts(string message) => message.Split(',').Where(static p => p.Length > 2 && p[1] == '=')
        .GroupBy(static p => p[0]).ToDictionary(static g => g.Key, static g => g.First()[2..]);
}
