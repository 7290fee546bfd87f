using System.Text;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Client;

/// <summary>Says to a broker who one is: PLAIN, SCRAM or OAUTHBEARER in SaslAuthenticate requests.</summary>
internal static class SaslLogin
{
    /// <exception cref="KafkaException">The broker does not know the mechanism or does not let the user in.</exception>
    public static async Task RunAsync(BrokerConnection connection, ClientSettings settings, CancellationToken ct)
    {
        SaslHandshakeResponse handshake = await connection.SendAsync(new SaslHandshakeRequest { Mechanism = settings.Mechanism }, ct).ConfigureAwait(false);
        if (handshake.ErrorCode != ErrorCode.None)
        {
            throw new KafkaException(
                handshake.ErrorCode, $"{connection.Address} does not take sasl.mechanism {settings.Mechanism}", $"it takes {string.Join(", ", handshake.Mechanisms)}");
        }

        switch (settings.Mechanism)
        {
            case "PLAIN":
                (string user, string password) = Credentials(settings);
                await StepAsync(connection, Encoding.UTF8.GetBytes($"\0{user}\0{password}"), ct).ConfigureAwait(false);
                break;
            case "OAUTHBEARER":
                string token = settings.Token
                    ?? throw new CommandException("sasl.mechanism is OAUTHBEARER without a token; give sasl.oauthbearer.token.", ExitCode.Usage);
                await StepAsync(connection, Encoding.UTF8.GetBytes($"n,,\u0001auth=Bearer {token}\u0001\u0001"), ct).ConfigureAwait(false);
                break;
            default:
                await ScramAsync(connection, settings, ct).ConfigureAwait(false);
                break;
        }
    }

    private static async Task ScramAsync(BrokerConnection connection, ClientSettings settings, CancellationToken ct)
    {
        (string user, string password) = Credentials(settings);
        ScramClient scram = new(settings.Mechanism, user, password);
        byte[] challenge = await StepAsync(connection, Encoding.UTF8.GetBytes(scram.First()), ct).ConfigureAwait(false);
        byte[] proof = await StepAsync(connection, Encoding.UTF8.GetBytes(scram.Final(Encoding.UTF8.GetString(challenge))), ct).ConfigureAwait(false);
        if (!scram.IsServer(Encoding.UTF8.GetString(proof)))
        {
            throw new UnreachableException($"{connection.Address} does not know the password itself: it is not the broker it says it is.");
        }
    }

    private static (string User, string Password) Credentials(ClientSettings settings) => (settings.UserName, settings.Password) switch
    {
        ({ } user, { } password) => (user, password),
        _ => throw new CommandException(
            $"sasl.mechanism is {settings.Mechanism} without a user and a password; give sasl.username and sasl.password, or sasl.jaas.config.", ExitCode.Usage),
    };

    private static async Task<byte[]> StepAsync(BrokerConnection connection, byte[] bytes, CancellationToken ct)
    {
        SaslAuthenticateResponse answer = await connection.SendAsync(new SaslAuthenticateRequest { AuthBytes = bytes }, ct).ConfigureAwait(false);
        return answer.ErrorCode == ErrorCode.None
            ? answer.AuthBytes
            : throw new KafkaException(answer.ErrorCode, $"{connection.Address} does not let this user in", answer.ErrorMessage);
    }
}
