using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace StreamFlow.Broker.Security;

/// <summary>
/// What a listener shows its clients, and whom it trusts. Files are looked at again, at most once in <see cref="Pause"/>,
/// when somebody connects, so that a certificate can be renewed while the broker runs; connections that are open keep theirs.
/// </summary>
internal sealed class TlsCertificates
{
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly BrokerTls _options;
    private readonly BrokerLog _log;
    private readonly TimeProvider _time;
    private readonly OrderedLock _gate = new(LockRank.Certificates);
    private SslServerAuthenticationOptions _current;
    private string _stamp;
    private long _lookedAt;

    /// <exception cref="ArgumentException">There is no certificate, or it cannot be used.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public TlsCertificates(BrokerTls options, BrokerLog log, TimeProvider time)
    {
        _options = options;
        _log = log;
        _time = time;
        _stamp = Stamp();
        _current = Load();
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>The settings of the next handshake.</summary>
    public SslServerAuthenticationOptions Current
    {
        get
        {
            using (_gate.Enter())
            {
                if (_time.GetElapsedTime(_lookedAt) >= Pause)
                {
                    _lookedAt = _time.GetTimestamp();
                    Reload();
                }

                return _current;
            }
        }
    }

    private void Reload()
    {
        string stamp = Stamp();
        if (stamp == _stamp)
        {
            return;
        }

        try
        {
            _current = Load();
            SecurityLog.CertificateRead(_log, _options.CertificateFile);
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // Half written, for example: its next change is tried again, and until then the old one stays good.
            SecurityLog.CertificateKept(_log, e.Message);
        }

        _stamp = stamp;
    }

    /// <summary>Changes with the files.</summary>
    private string Stamp() => string.Join('|', new[] { _options.CertificateFile, _options.KeyFile, _options.TrustedCertificatesFile }
        .OfType<string>()
        .Select(static path => new FileInfo(path))
        .Select(static file => file.Exists ? $"{file.LastWriteTimeUtc.Ticks}/{file.Length}" : "gone"));

    private SslServerAuthenticationOptions Load()
    {
        (X509Certificate2 certificate, X509Certificate2Collection chain) = LoadCertificate();
        if (!certificate.HasPrivateKey)
        {
            throw new ArgumentException(
                $"The certificate '{certificate.Subject}' has no private key; give KeyFile, or a file that has both.");
        }

        SslServerAuthenticationOptions tls = new()
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            ClientCertificateRequired = _options.ClientCertificates != ClientCertificateMode.None,
            AllowRenegotiation = false,
        };
        if (_options.ClientCertificates != ClientCertificateMode.None)
        {
            bool required = _options.ClientCertificates == ClientCertificateMode.Required;
            tls.CertificateChainPolicy = TrustPolicy();
            tls.RemoteCertificateValidationCallback = (_, _, _, errors) => errors == SslPolicyErrors.None
                || (errors == SslPolicyErrors.RemoteCertificateNotAvailable && !required);
        }

        return tls;
    }

    private (X509Certificate2 Certificate, X509Certificate2Collection Chain) LoadCertificate()
    {
        if (_options.Certificate is { } given)
        {
            return (given, []);
        }

        if (_options.CertificateFile is not { } file)
        {
            throw new ArgumentException("A listener with TLS has no certificate; set Certificate or CertificateFile.");
        }

        try
        {
            string? password = _options.KeyPassword?.Invoke();
            if (Path.GetExtension(file).ToUpperInvariant() is ".PFX" or ".P12")
            {
                X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password);
                return (all.FirstOrDefault(static x => x.HasPrivateKey) ?? all[0], all);
            }

            X509Certificate2Collection chain = [];
            chain.ImportFromPemFile(file);
            return (password is null
                ? X509Certificate2.CreateFromPemFile(file, _options.KeyFile)
                : X509Certificate2.CreateFromEncryptedPemFile(file, password, _options.KeyFile), chain);
        }
        catch (Exception e) when (e is CryptographicException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ArgumentException($"The certificate in '{file}' cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Whoever signs certificates of clients is said here; who signs those of web sites is no authority on them.</summary>
    private X509ChainPolicy TrustPolicy()
    {
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationFlags = X509VerificationFlags.NoFlag,
        };
        policy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        if (_options.TrustedCertificatesFile is { } file)
        {
            try
            {
                policy.CustomTrustStore.ImportFromPemFile(file);
            }
            catch (CryptographicException e)
            {
                throw new ArgumentException($"The trusted certificates in '{file}' cannot be used: {e.Message}", e);
            }
        }

        if (_options.TrustedCertificates is { } given)
        {
            policy.CustomTrustStore.AddRange(given);
        }

        return policy.CustomTrustStore.Count > 0 ? policy : throw new ArgumentException(
            "Certificates of clients are asked for and none is trusted; set TrustedCertificatesFile or TrustedCertificates.");
    }
}
