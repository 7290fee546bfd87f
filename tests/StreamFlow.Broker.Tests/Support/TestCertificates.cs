using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>An authority and what it has signed, as PEM files in a directory of their own.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly X509Certificate2 _authority;

    public TestCertificates()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(Yesterday, Yesterday.AddYears(1));
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
        IssueServer();
    }

    public string AuthorityFile => In("ca.pem");

    public string ServerFile => In("server.pem");

    /// <summary>What a listener with this authority's certificate needs.</summary>
    public BrokerTls Tls => new() { CertificateFile = ServerFile };

    private static DateTimeOffset Yesterday => DateTimeOffset.UtcNow.AddDays(-1);

    /// <summary>Gives the server a new certificate and answers its thumbprint.</summary>
    public string IssueServer() => Issue(ServerFile, "CN=broker", server: true);

    /// <summary>A client's certificate with its key, and the file that has both.</summary>
    public string IssueClient(string subject)
    {
        string file = In($"client-{Guid.NewGuid():N}.pem");
        Issue(file, subject, server: false);
        return file;
    }

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    private string In(string name) => Path.Combine(_directory.Path, name);

    private string Issue(string file, string subject, bool server)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, false));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid(server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 issued = request.Create(
            _authority, Yesterday, Yesterday.AddDays(300), RandomNumberGenerator.GetBytes(12));
        string pem = $"{issued.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";

        // Written beside it and moved, as whoever renews certificates does.
        File.WriteAllText(file + ".new", pem);
        File.Move(file + ".new", file, overwrite: true);
        return issued.Thumbprint;
    }
}
