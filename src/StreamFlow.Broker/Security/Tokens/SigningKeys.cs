using System.Security.Cryptography;
using System.Text.Json;

namespace StreamFlow.Broker.Security;

/// <summary>Public keys that tokens may be signed with, read from a JSON Web Key Set (RFC 7517).</summary>
internal sealed class SigningKeys : IDisposable
{
    private const int SmallestRsaBits = 2048;

    private readonly List<SigningKey> _keys = [];

    /// <summary>How many keys can be used.</summary>
    public int Count => _keys.Count;

    /// <summary>Reads a set. Keys of other kinds, and those that are for encryption, are passed over.</summary>
    /// <exception cref="InvalidDataException">It is no key set, or a key in it is damaged or too short.</exception>
    public static SigningKeys Parse(ReadOnlyMemory<byte> json)
    {
        SigningKeys set = new();
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            foreach (JsonElement key in document.RootElement.GetProperty("keys").EnumerateArray())
            {
                if (Text(key, "use") is null or "sig")
                {
                    set.Add(key);
                }
            }

            return set;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or CryptographicException or InvalidDataException)
        {
            set.Dispose();
            throw new InvalidDataException($"It is not a valid JSON Web Key Set: {e.Message}", e);
        }
    }

    /// <summary>The keys that a token with this header may be signed with.</summary>
    public IEnumerable<SigningKey> Find(string? id, string algorithm) => _keys.Where(key =>
        (id is null || key.Id is null || key.Id == id) && (key.Algorithm is null || key.Algorithm == algorithm));

    public void Dispose() => _keys.ForEach(static key => key.Dispose());

    private static string? Text(JsonElement key, string name) =>
        key.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static byte[] Bytes(JsonElement key, string name) => System.Buffers.Text.Base64Url.DecodeFromChars(
        Text(key, name) ?? throw new InvalidDataException($"A key has no '{name}'."));

    private void Add(JsonElement key)
    {
        switch (Text(key, "kty"))
        {
            case "RSA":
                RSA rsa = RSA.Create(new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") });
                _keys.Add(new SigningKey(Text(key, "kid"), Text(key, "alg"), rsa, null));
                if (rsa.KeySize < SmallestRsaBits)
                {
                    throw new InvalidDataException($"An RSA key has {rsa.KeySize} bits; {SmallestRsaBits} are the least.");
                }

                break;
            case "EC":
                ECCurve curve = Text(key, "crv") switch
                {
                    "P-256" => ECCurve.NamedCurves.nistP256,
                    "P-384" => ECCurve.NamedCurves.nistP384,
                    "P-521" => ECCurve.NamedCurves.nistP521,
                    var other => throw new InvalidDataException($"The curve '{other}' is unknown; P-256, P-384 and P-521 are."),
                };
                ECParameters parameters = new() { Curve = curve, Q = new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") } };
                _keys.Add(new SigningKey(Text(key, "kid"), Text(key, "alg"), null, ECDsa.Create(parameters)));
                break;
            default:
                // Shared secrets among them: whoever could check a token with one could also make it.
                break;
        }
    }
}

/// <summary>One public key; one of the two kinds.</summary>
internal sealed record SigningKey(string? Id, string? Algorithm, RSA? Rsa, ECDsa? Ec) : IDisposable
{
    /// <summary>Whether the signature is right. False also for an algorithm that the key is not for.</summary>
    public bool Verify(string algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        HashAlgorithmName hash = algorithm[^3..] switch
        {
            "256" => HashAlgorithmName.SHA256,
            "384" => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
        return algorithm[..2] switch
        {
            "RS" => Rsa?.VerifyData(signed, signature, hash, RSASignaturePadding.Pkcs1) ?? false,
            "PS" => Rsa?.VerifyData(signed, signature, hash, RSASignaturePadding.Pss) ?? false,
            "ES" => Ec is not null && Ec.KeySize == CurveBits(algorithm) && Ec.VerifyData(signed, signature, hash),
            _ => false,
        };
    }

    public void Dispose()
    {
        Rsa?.Dispose();
        Ec?.Dispose();
    }

    private static int CurveBits(string algorithm) => algorithm switch { "ES256" => 256, "ES384" => 384, _ => 521 };
}
