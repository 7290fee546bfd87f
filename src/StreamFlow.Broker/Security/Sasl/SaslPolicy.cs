using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Security;

/// <summary>How clients of one listener authenticate.</summary>
/// <param name="options">What the listener offers.</param>
/// <param name="store">The users.</param>
/// <param name="tokens">Checks tokens; null where OAUTHBEARER is not offered.</param>
/// <param name="failures">Refusals so far, of all listeners.</param>
/// <param name="log">Is told who has authenticated.</param>
/// <param name="time">The clock of delays and sessions.</param>
internal sealed class SaslPolicy(
    BrokerSasl options, SecurityStore store, TokenValidator? tokens, FailedAuthentications failures, ILogger log, TimeProvider time)
{
    public const string Plain = "PLAIN";
    public const string OAuthBearer = "OAUTHBEARER";

    /// <summary>What salts of unknown users are made of, so that they stay the same while the broker runs.</summary>
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);

    public static IReadOnlyList<string> Known { get; } =
        [Plain, ScramMechanism.Sha256.Name, ScramMechanism.Sha512.Name, OAuthBearer];

    public IReadOnlyList<string> Mechanisms => options.Mechanisms;

    public TimeSpan? MaxReauthentication => options.MaxReauthentication;

    public FailedAuthentications Failures => failures;

    public ILogger Log => log;

    public TimeProvider Time => time;

    /// <summary>Begins a conversation; null if the mechanism is not offered.</summary>
    public SaslExchange? Begin(string mechanism)
    {
        if (!options.Mechanisms.Contains(mechanism, StringComparer.Ordinal))
        {
            return null;
        }

        return mechanism switch
        {
            Plain => new PlainExchange(options.CheckPassword ?? CheckStored),
            OAuthBearer => new OAuthBearerExchange(tokens!.ValidateAsync),
            _ => BeginScram(ScramMechanism.Find(mechanism)!),
        };
    }

    private ScramExchange BeginScram(ScramMechanism mechanism) => new(
        mechanism,
        user => store.Find(user, mechanism),
        user => HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(user))[..20],
        ScramExchange.NewNonce());

    private ValueTask<bool> CheckStored(string user, string password, CancellationToken ct)
    {
        foreach (ScramMechanism mechanism in ScramMechanism.All)
        {
            if (store.Find(user, mechanism) is { } credential)
            {
                return new ValueTask<bool>(credential.Matches(mechanism, password));
            }
        }

        // Takes as long as for a user who is known.
        _ = ScramMechanism.Sha512.SaltPassword(password, _secret, ScramMechanism.MinIterations);
        return new ValueTask<bool>(false);
    }
}
