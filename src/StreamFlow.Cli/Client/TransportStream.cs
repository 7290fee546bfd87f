using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Client;

/// <summary>A connection's bytes: TCP, with or without TLS.</summary>
internal static class TransportStream
{
    /// <exception cref="UnreachableException">Nobody listens there, or does not speak TLS, or is not trusted.</exception>
    public static async Task<Stream> ConnectAsync(HostPort address, ClientSettings settings, CancellationToken ct)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, ct).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new UnreachableException(Reason(address, exception), exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        NetworkStream stream = new(socket, ownsSocket: true);
        return settings.UsesTls ? await SecureAsync(stream, address, settings, ct).ConfigureAwait(false) : stream;
    }

    private static string Reason(HostPort address, SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => $"Nobody listens at {address}. 'streamflow broker' starts a broker; --bootstrap-server names another one.",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => $"The host '{address.Host}' is unknown; check --bootstrap-server.",
        _ => $"{address} cannot be reached: {exception.Message}",
    };

    private static async Task<Stream> SecureAsync(Stream stream, HostPort address, ClientSettings settings, CancellationToken ct)
    {
        SslStream secure = new(stream);
        X509Certificate2Collection? trusted = settings.CaPem is { } pem ? Certificates(pem) : null;
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = address.Host,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors, trusted, settings.ChecksHostName),
        };
        if (settings.CertificatePem is { } own)
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(Own(own, settings), Certificates(own), offline: true);
        }

        try
        {
            await secure.AuthenticateAsClientAsync(options, ct).ConfigureAwait(false);
            return secure;
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw new UnreachableException(
                $"TLS with {address} failed: {exception.Message} Is its listener one for TLS, and ssl.ca.location the authority of its certificate?", exception);
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static bool IsTrusted(
        X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, X509Certificate2Collection? trusted, bool checksHostName)
    {
        SslPolicyErrors left = checksHostName ? errors : errors & ~SslPolicyErrors.RemoteCertificateNameMismatch;
        if (trusted is null || (left & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None || certificate is not X509Certificate2 leaf || chain is null)
        {
            return left == SslPolicyErrors.None;
        }

        using X509Chain own = new();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(trusted);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.ExtraStore.AddRange(chain.ChainElements.Select(static e => e.Certificate).ToArray());
        return own.Build(leaf);
    }

    private static X509Certificate2Collection Certificates(string pem)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException exception)
        {
            throw new CommandException($"The certificates in PEM cannot be read: {exception.Message}", ExitCode.Usage, exception);
        }

        return certificates.Count > 0
            ? certificates
            : throw new CommandException("ssl.ca.location (or ssl.truststore.location) has no certificate in PEM; it begins with -----BEGIN CERTIFICATE-----.", ExitCode.Usage);
    }

    private static X509Certificate2 Own(string pem, ClientSettings settings)
    {
        try
        {
            string key = settings.KeyPem ?? pem;
            return settings.KeyPassword is { } password ? X509Certificate2.CreateFromEncryptedPem(pem, key, password) : X509Certificate2.CreateFromPem(pem, key);
        }
        catch (CryptographicException exception)
        {
            throw new CommandException($"The client's certificate or key in PEM cannot be read: {exception.Message}", ExitCode.Usage, exception);
        }
    }
}
