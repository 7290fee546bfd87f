using System.Security.Cryptography;

namespace StreamFlow.Broker.Security;

/// <summary>One of the two forms of SCRAM that Kafka has, with its number on the wire and the bounds Kafka sets.</summary>
internal sealed class ScramMechanism
{
    /// <summary>The rounds of a new password, and the fewest that are accepted.</summary>
    public const int MinIterations = 4096;

    /// <summary>The most rounds that are accepted: each authentication of the client costs as many.</summary>
    public const int MaxIterations = 16384;

    private ScramMechanism(sbyte number, string name, HashAlgorithmName hash, int size)
    {
        Number = number;
        Name = name;
        Hash = hash;
        Size = size;
    }

    public static ScramMechanism Sha256 { get; } = new(1, "SCRAM-SHA-256", HashAlgorithmName.SHA256, 32);

    public static ScramMechanism Sha512 { get; } = new(2, "SCRAM-SHA-512", HashAlgorithmName.SHA512, 64);

    public static IReadOnlyList<ScramMechanism> All { get; } = [Sha256, Sha512];

    public sbyte Number { get; }

    public string Name { get; }

    public HashAlgorithmName Hash { get; }

    /// <summary>The bytes of its keys.</summary>
    public int Size { get; }

    public static ScramMechanism? Find(string name) => All.FirstOrDefault(x => x.Name == name);

    public static ScramMechanism? Find(sbyte number) => All.FirstOrDefault(x => x.Number == number);

    /// <summary><c>Hi</c> of RFC 5802.</summary>
    public byte[] SaltPassword(string password, ReadOnlySpan<byte> salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(System.Text.Encoding.UTF8.GetBytes(password), salt, iterations, Hash, Size);

    public byte[] Mac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data) => CryptographicOperations.HmacData(Hash, key, data);

    public byte[] Digest(ReadOnlySpan<byte> data) => CryptographicOperations.HashData(Hash, data);
}
