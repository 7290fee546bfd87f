using System.Security.Cryptography;
using System.Text;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>The client's side of SCRAM-SHA-256, written from RFC 5802.</summary>
public static class ScramClient
{
    /// <summary>The final message to what the server has said to <c>n,,n=user,r=nonce</c>.</summary>
    public static byte[] Final(string user, string password, string nonce, string serverFirst)
    {
        string[] parts = serverFirst.Split(',');
        byte[] salt = Convert.FromBase64String(parts[1][2..]);
        int iterations = int.Parse(parts[2][2..], System.Globalization.CultureInfo.InvariantCulture);
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, 32);
        byte[] clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        string withoutProof = $"c=biws,{parts[0]}";
        byte[] signature = HMACSHA256.HashData(
            SHA256.HashData(clientKey), Encoding.UTF8.GetBytes($"n={user},r={nonce},{serverFirst},{withoutProof}"));
        byte[] proof = [.. clientKey.Zip(signature, static (x, y) => (byte)(x ^ y))];
        return Encoding.UTF8.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }
}
