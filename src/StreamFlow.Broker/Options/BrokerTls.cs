using System.Security.Cryptography.X509Certificates;

namespace StreamFlow.Broker;

/// <summary>Whether clients show certificates of their own; Kafka's <c>ssl.client.auth</c>.</summary>
public enum ClientCertificateMode
{
    /// <summary>They are not asked.</summary>
    None,

    /// <summary>They are asked, and may have none. One that is not trusted is refused.</summary>
    Requested,

    /// <summary>Who has none that is trusted is refused.</summary>
    Required,
}

/// <summary>
/// Certificates of a listener. Files are read again when they change, for connections that are made from then on.
/// </summary>
public sealed record BrokerTls
{
    /// <summary>The certificate with its private key.</summary>
    /// <value>Default null: that of <see cref="CertificateFile"/>.</value>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// A file with the certificate and those that it was signed with: PEM, or PKCS #12 if its name ends in <c>.pfx</c> or
    /// <c>.p12</c>.
    /// </summary>
    /// <value>Default null: <see cref="Certificate"/>.</value>
    public string? CertificateFile { get; init; }

    /// <summary>The PEM file with the private key.</summary>
    /// <value>Default null: it is in <see cref="CertificateFile"/>.</value>
    public string? KeyFile { get; init; }

    /// <summary>Gives the password of the private key whenever it is read.</summary>
    /// <value>Default null: it has none.</value>
    public Func<string?>? KeyPassword { get; init; }

    /// <summary>Whether clients show certificates; those who do are called as the certificate says.</summary>
    /// <value>Default <see cref="ClientCertificateMode.None"/>.</value>
    public ClientCertificateMode ClientCertificates { get; init; }

    /// <summary>A PEM file with the authorities that sign the certificates of clients.</summary>
    /// <value>Default null: those of <see cref="TrustedCertificates"/>.</value>
    public string? TrustedCertificatesFile { get; init; }

    /// <summary>The authorities that sign the certificates of clients.</summary>
    /// <value>Default null: those of <see cref="TrustedCertificatesFile"/>.</value>
    public X509Certificate2Collection? TrustedCertificates { get; init; }

    /// <summary>
    /// How the subject of a client's certificate becomes the name of a user, in the form of Kafka's
    /// <c>ssl.principal.mapping.rules</c>, such as <c>RULE:^CN=(.*?),.*$/$1/L,DEFAULT</c>.
    /// </summary>
    /// <value>Default <c>DEFAULT</c>: the whole subject, such as <c>CN=alice,O=example</c>.</value>
    public string PrincipalMappingRules { get; init; } = "DEFAULT";
}
