using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using StreamFlow.Broker.Security;

namespace StreamFlow.Broker.Server;

/// <summary>The beginning of a connection with TLS.</summary>
internal static class SecuredPeer
{
    private const string Kind = "TLS handshake";

    /// <summary>Shakes hands.</summary>
    /// <returns>What the peer is called by its certificate; null if it has shown none.</returns>
    /// <exception cref="ProtocolException">The peer speaks no TLS, or its certificate is refused.</exception>
    public static async Task<string?> HandshakeAsync(
        Transport transport, SslServerAuthenticationOptions options, PrincipalMapper names, CancellationToken ct)
    {
        X509Certificate2? shown;
        try
        {
            shown = await transport.HandshakeAsync(options, ct).ConfigureAwait(false);
        }
        catch (AuthenticationException exception)
        {
            string reason = exception.InnerException?.Message ?? exception.Message;
            throw new ProtocolException(
                $"it could not agree on TLS ({reason.TrimEnd('.')}). This listener speaks TLS only: set security.protocol to SSL or "
                + "SASL_SSL in the client, let it trust the broker's certificate, and give it one of its own where that is required.")
            {
                Kind = Kind,
            };
        }

        if (shown is null)
        {
            return null;
        }

        using (shown)
        {
            string subject = DistinguishedName.Format(shown.SubjectName.RawData);
            return names.Map(subject) ?? throw new ProtocolException(
                $"no principal mapping rule is about the subject of its certificate, '{subject}'. Add one, or DEFAULT.")
            {
                Kind = Kind,
            };
        }
    }
}
