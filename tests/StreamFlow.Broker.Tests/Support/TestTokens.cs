using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>An issuer of tokens: two keys, called rsa and ec, and what is signed with them.</summary>
public sealed class TestTokens : IDisposable
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The public keys.</summary>
    public string KeySet
    {
        get
        {
            RSAParameters rsa = _rsa.ExportParameters(false);
            ECParameters ec = _ec.ExportParameters(false);
            return $$"""
                {"keys":[
                {"kty":"RSA","kid":"rsa","use":"sig","n":"{{Text(rsa.Modulus!)}}","e":"{{Text(rsa.Exponent!)}}"},
                {"kty":"EC","kid":"ec","crv":"P-256","x":"{{Text(ec.Q.X!)}}","y":"{{Text(ec.Q.Y!)}}"}]}
                """;
        }
    }

    public static string Part(string json) => Text(Encoding.UTF8.GetBytes(json));

    public string Sign(string claims, string algorithm, string? header = null)
    {
        header ??= $$"""{"alg":"{{algorithm}}","kid":"{{(algorithm[0] == 'E' ? "ec" : "rsa")}}"}""";
        string head = $"{Part(header)}.{Part(claims)}";
        byte[] bytes = Encoding.ASCII.GetBytes(head);
        HashAlgorithmName hash = algorithm[2..] switch
        {
            "256" => HashAlgorithmName.SHA256,
            "384" => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
        byte[] signature = algorithm[..2] switch
        {
            "RS" => _rsa.SignData(bytes, hash, RSASignaturePadding.Pkcs1),
            "PS" => _rsa.SignData(bytes, hash, RSASignaturePadding.Pss),
            _ => _ec.SignData(bytes, hash),
        };
        return $"{head}.{Text(signature)}";
    }

    public void Dispose()
    {
        _rsa.Dispose();
        _ec.Dispose();
    }

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
