namespace StreamFlow.Cli.Client;

/// <summary>How a connection is protected.</summary>
internal enum SecurityProtocol
{
    /// <summary>As it is.</summary>
    Plaintext,

    /// <summary>TLS.</summary>
    Ssl,

    /// <summary>SASL over a connection as it is.</summary>
    SaslPlaintext,

    /// <summary>SASL over TLS.</summary>
    SaslSsl,
}

/// <summary>How to reach brokers and who one is there.</summary>
internal sealed record ClientSettings
{
    /// <summary>Brokers to ask first.</summary>
    public required IReadOnlyList<HostPort> Servers { get; init; }

    public SecurityProtocol Protocol { get; init; }

    /// <summary>PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER.</summary>
    public string Mechanism { get; init; } = "PLAIN";

    public string? UserName { get; init; }

    public string? Password { get; init; }

    /// <summary>Of OAUTHBEARER.</summary>
    public string? Token { get; init; }

    /// <summary>Certificates in PEM to trust; null for those of the machine.</summary>
    public string? CaPem { get; init; }

    /// <summary>The client's own certificate in PEM, and its key; null without one.</summary>
    public string? CertificatePem { get; init; }

    public string? KeyPem { get; init; }

    public string? KeyPassword { get; init; }

    /// <summary>Whether the certificate must be of the host that is connected to.</summary>
    public bool ChecksHostName { get; init; } = true;

    /// <summary>Shown by brokers.</summary>
    public string ClientId { get; init; } = "streamflow";

    /// <summary>How long a request may take; those that wait on purpose get their waiting on top.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to try again where that may help.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(15);

    public bool UsesTls => Protocol is SecurityProtocol.Ssl or SecurityProtocol.SaslSsl;

    public bool UsesSasl => Protocol is SecurityProtocol.SaslPlaintext or SecurityProtocol.SaslSsl;
}

/// <summary>Where a broker listens.</summary>
internal readonly record struct HostPort(string Host, int Port)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? FormattableString.Invariant($"[{Host}]:{Port}")
        : FormattableString.Invariant($"{Host}:{Port}");

    /// <summary>Reads <c>host:port</c>, an IPv6 address in brackets.</summary>
    public static bool TryParse(string text, out HostPort address)
    {
        int colon = text.LastIndexOf(':');
        bool isPort = int.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out int port) && port is > 0 and <= ushort.MaxValue;
        address = colon > 0 ? new HostPort(text[..colon].Trim('[', ']'), port) : default;
        return colon > 0 && isPort && (text[0] == '[' || !address.Host.Contains(':', StringComparison.Ordinal));
    }
}
