namespace StreamFlow.Broker;

/// <summary>What is spoken on a listener; Kafka's <c>security.protocol</c> of its clients.</summary>
public enum BrokerSecurityProtocol
{
    /// <summary>In the clear, by anybody: Kafka's <c>PLAINTEXT</c>.</summary>
    Plaintext,

    /// <summary>Over TLS: Kafka's <c>SSL</c>.</summary>
    Ssl,

    /// <summary>In the clear, by those who have authenticated: Kafka's <c>SASL_PLAINTEXT</c>.</summary>
    SaslPlaintext,

    /// <summary>Over TLS, by those who have authenticated: Kafka's <c>SASL_SSL</c>.</summary>
    SaslSsl,
}

/// <summary>One address that an <see cref="EmbeddedBroker"/> listens on, and what it speaks there.</summary>
public sealed record BrokerListener
{
    /// <summary>What it is called in messages and by <see cref="EmbeddedBroker.BootstrapServersOf"/>; unique.</summary>
    /// <value>Default <c>PLAINTEXT</c>.</value>
    public string Name { get; init; } = "PLAINTEXT";

    /// <summary>The address to listen on: an IP address or <c>localhost</c>.</summary>
    /// <value>Default <c>127.0.0.1</c>: reachable from this machine only.</value>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The TCP port to listen on; 0 takes a free one.</summary>
    /// <value>Default 0.</value>
    public int Port { get; init; }

    /// <summary>
    /// The host name that clients of this listener are told to connect to. Required when <see cref="Host"/> is a wildcard
    /// address; with TLS it must be a name of the certificate.
    /// </summary>
    /// <value>Default null: the address it listens on.</value>
    public string? AdvertisedHost { get; init; }

    /// <summary>The port that clients of this listener are told to connect to.</summary>
    /// <value>Default null: the port it listens on.</value>
    public int? AdvertisedPort { get; init; }

    /// <summary>What is spoken here.</summary>
    /// <value>Default <see cref="BrokerSecurityProtocol.Plaintext"/>.</value>
    public BrokerSecurityProtocol Protocol { get; init; }

    /// <summary>Certificates; required by the protocols with TLS, and by them alone.</summary>
    /// <value>Default null.</value>
    public BrokerTls? Tls { get; init; }

    /// <summary>How clients authenticate; required by the protocols with SASL, and by them alone.</summary>
    /// <value>Default null.</value>
    public BrokerSasl? Sasl { get; init; }

    internal bool HasTls => Protocol is BrokerSecurityProtocol.Ssl or BrokerSecurityProtocol.SaslSsl;

    internal bool HasSasl => Protocol is BrokerSecurityProtocol.SaslPlaintext or BrokerSecurityProtocol.SaslSsl;
}
