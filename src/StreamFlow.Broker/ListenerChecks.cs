using System.Net;

namespace StreamFlow.Broker.Security;

/// <summary>What must be right about listeners before any of them is opened.</summary>
internal static class ListenerChecks
{
    /// <summary>The listeners that the options mean.</summary>
    public static IReadOnlyList<BrokerListener> Of(EmbeddedBrokerOptions options) => options.Listeners.Count > 0
        ? options.Listeners
        :
        [
            new BrokerListener
            {
                Host = options.Host,
                Port = options.Port,
                AdvertisedHost = options.AdvertisedHost,
                AdvertisedPort = options.AdvertisedPort,
            },
        ];

    /// <exception cref="ArgumentException">Something is wrong; the message says what, and the remedy.</exception>
    public static void Check(EmbeddedBrokerOptions options)
    {
        EmbeddedBrokerOptions defaults = new();
        bool alsoSingle = options.Host != defaults.Host || options.Port != defaults.Port
            || options.AdvertisedHost is not null || options.AdvertisedPort is not null;
        Require(
            options.Listeners.Count == 0 || !alsoSingle,
            "Listeners are given, and Host, Port, AdvertisedHost or AdvertisedPort as well; give those of each listener in it.");
        IReadOnlyList<BrokerListener> listeners = Of(options);
        foreach (BrokerListener listener in listeners)
        {
            CheckParts(listener);
            CheckNetwork(listener, options);
        }

        string? twice = listeners.GroupBy(static x => x.Name).FirstOrDefault(static x => x.Skip(1).Any())?.Key;
        Require(twice is null, $"Two listeners are called '{twice}'; give each a Name of its own.");
        foreach (string super in options.Authorization?.SuperUsers ?? [])
        {
            Require(
                super.IndexOf(':', StringComparison.Ordinal) > 0,
                $"SuperUsers has '{super}'; it must be of the form User:name.");
        }

        foreach (BrokerUser user in options.Users)
        {
            Require(user.Name.Length > 0, "Users has one without a Name; give it one.");
        }
    }

    private static void CheckParts(BrokerListener listener)
    {
        string name = $"The listener '{listener.Name}'";
        Require(listener.Name.Length > 0, "A listener has an empty Name; give it one.");
        Require(listener.Port is >= 0 and <= ushort.MaxValue, $"{name} has Port {listener.Port}; it must be between 0 and 65535.");
        Require(
            listener.AdvertisedPort is null or (> 0 and <= ushort.MaxValue),
            $"{name} has AdvertisedPort {listener.AdvertisedPort}; it must be null or between 1 and 65535.");
        Require(
            listener.HasTls == (listener.Tls is not null),
            $"{name} speaks {listener.Protocol} and has {(listener.Tls is null ? "no Tls" : "Tls")}; "
            + (listener.Tls is null ? "set Tls, or choose a protocol without it." : "leave it out, or choose Ssl or SaslSsl."));
        Require(
            listener.HasSasl == (listener.Sasl is not null),
            $"{name} speaks {listener.Protocol} and has {(listener.Sasl is null ? "no Sasl" : "Sasl")}; "
            + (listener.Sasl is null ? "set Sasl, or choose a protocol without it." : "leave it out, or choose SaslPlaintext or SaslSsl."));
        if (listener.Sasl is { } sasl)
        {
            CheckSasl(name, sasl);
        }
    }

    private static void CheckSasl(string name, BrokerSasl sasl)
    {
        string known = string.Join(", ", SaslPolicy.Known);
        Require(sasl.Mechanisms.Count > 0, $"{name} offers no mechanism; Sasl.Mechanisms must have one of {known}.");
        foreach (string mechanism in sasl.Mechanisms)
        {
            Require(
                SaslPolicy.Known.Contains(mechanism, StringComparer.Ordinal),
                $"{name} offers the mechanism '{mechanism}'; it must be one of {known}.");
        }

        Require(
            sasl.MaxReauthentication is not { } longest || longest > TimeSpan.Zero,
            $"{name} has MaxReauthentication {sasl.MaxReauthentication}; it must be null or more than zero.");
        if (sasl.Mechanisms.Contains(SaslPolicy.OAuthBearer))
        {
            Require(sasl.OAuth is not null, $"{name} offers OAUTHBEARER; set Sasl.OAuth to say which tokens are taken.");
            int sources = new object?[] { sasl.OAuth!.KeySet, sasl.OAuth.KeySetFile, sasl.OAuth.KeySetUrl }.Count(static x => x is not null);
            Require(
                sources == 1 || (sources == 0 && sasl.OAuth.AllowUnsecuredTokens),
                $"{name} has {sources} sources of keys for OAUTHBEARER; set one of KeySet, KeySetFile and KeySetUrl, or for "
                + "development AllowUnsecuredTokens.");
        }
    }

    /// <summary>Other machines are let in only as far as somebody has thought about them.</summary>
    private static void CheckNetwork(BrokerListener listener, EmbeddedBrokerOptions options)
    {
        if (options.AllowUnsecuredNetwork || IPAddress.IsLoopback(BrokerAddress.Resolve(listener).Address))
        {
            return;
        }

        bool certified = listener.Tls?.ClientCertificates == ClientCertificateMode.Required;
        string? danger = listener.Protocol switch
        {
            BrokerSecurityProtocol.Plaintext => "in the clear, to anybody",
            BrokerSecurityProtocol.Ssl when !certified && options.Authorization is null => "to anybody, who may do everything",
            BrokerSecurityProtocol.SaslPlaintext when SendsSecrets(listener.Sasl!) =>
                "with passwords or tokens that can be read on the way",
            _ => null,
        };
        Require(
            danger is null,
            $"The listener '{listener.Name}' would be open to the network at {listener.Host}, {danger}. Listen on 127.0.0.1, or set "
            + "Listeners with Tls and Sasl; AllowUnsecuredNetwork (--allow-unsecured-network) opens it all the same.");
    }

    private static bool SendsSecrets(BrokerSasl sasl) =>
        sasl.Mechanisms.Contains(SaslPolicy.Plain) || sasl.Mechanisms.Contains(SaslPolicy.OAuthBearer);

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException(message);
        }
    }
}
