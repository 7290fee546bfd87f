namespace StreamFlow.Broker;

/// <summary>A user that exists once the broker has started.</summary>
public sealed record BrokerUser
{
    /// <summary>The name; rules call the user <c>User:name</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Gives the password. Asked once at the start; only keys are stored that it cannot be computed from.</summary>
    public required Func<string> Password { get; init; }
}

/// <summary>How clients of a listener authenticate by SASL.</summary>
public sealed record BrokerSasl
{
    /// <summary>
    /// The mechanisms offered: <c>PLAIN</c>, <c>SCRAM-SHA-256</c>, <c>SCRAM-SHA-512</c>, <c>OAUTHBEARER</c>. PLAIN takes the users
    /// of either SCRAM, unless <see cref="CheckPassword"/> knows better.
    /// </summary>
    /// <value>Default both forms of SCRAM.</value>
    public IReadOnlyList<string> Mechanisms { get; init; } = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

    /// <summary>Whether the password of a user is right, for PLAIN: directories and the like.</summary>
    /// <value>Default null: the stored users.</value>
    public Func<string, string, CancellationToken, ValueTask<bool>>? CheckPassword { get; init; }

    /// <summary>Which tokens are taken; required by OAUTHBEARER.</summary>
    /// <value>Default null.</value>
    public BrokerOAuth? OAuth { get; init; }

    /// <summary>
    /// How long an authentication lasts; clients authenticate again on the same connection, and who does not is cut off
    /// (KIP-368). Kafka's <c>connections.max.reauth.ms</c>.
    /// </summary>
    /// <value>Default null: as long as the connection, or the token, does.</value>
    public TimeSpan? MaxReauthentication { get; init; }
}

/// <summary>Which tokens a listener takes by OAUTHBEARER: JSON Web Tokens, signed with RSA or ECDSA.</summary>
public sealed record BrokerOAuth
{
    /// <summary>The keys that tokens are signed with, as a JSON Web Key Set.</summary>
    /// <value>Default null.</value>
    public string? KeySet { get; init; }

    /// <summary>A file with that key set. Read again when a token names a key that is not in it.</summary>
    /// <value>Default null.</value>
    public string? KeySetFile { get; init; }

    /// <summary>The address of that key set. Read again when a token names a key that is not in it, and every hour.</summary>
    /// <value>Default null.</value>
    public Uri? KeySetUrl { get; init; }

    /// <summary>Who must have issued a token (<c>iss</c>).</summary>
    /// <value>Default null: anybody who has a key.</value>
    public string? Issuer { get; init; }

    /// <summary>For whom a token must be (<c>aud</c>): one of these.</summary>
    /// <value>Default none: whatever it says.</value>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    /// <summary>The claim that has the user's name.</summary>
    /// <value>Default <c>sub</c>.</value>
    public string PrincipalClaim { get; init; } = "sub";

    /// <summary>How far the clocks of issuer and broker may be apart.</summary>
    /// <value>Default 30 s.</value>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Takes tokens that nobody has signed: anybody can be anybody. For development only.</summary>
    /// <value>Default false. (Apache Kafka does so by default.)</value>
    public bool AllowUnsecuredTokens { get; init; }
}
