using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>What somebody may try who is not known to a broker that asks who its clients are.</summary>
internal static class StrangerAttacks
{
    private const int TokenBytes = 500_000;

    public static IReadOnlyDictionary<string, Func<Attacker, Task>> All { get; } = new Dictionary<string, Func<Attacker, Task>>
    {
        ["400 connections begin to authenticate, send 400 KB of a token of 500 KB, and wait"] =
            attacker => BeginAsync(attacker, 400_000, reads: false),
        ["400 connections send a token of 500 KB and do not read the refusal"] =
            attacker => BeginAsync(attacker, int.MaxValue, reads: false),
        ["400 connections send a token of 500 KB and wait for the refusal"] =
            attacker => BeginAsync(attacker, int.MaxValue, reads: true),
    };

    /// <param name="attacker">Who does it.</param>
    /// <param name="bytes">How much of the token's request is sent.</param>
    /// <param name="reads">Whether the answer is waited for.</param>
    private static async Task BeginAsync(Attacker attacker, int bytes, bool reads)
    {
        byte[] handshake = Attacker.Frame("SaslHandshake", 1, new WireStruct { ["mechanism"] = "PLAIN" });
        byte[] token = Attacker.Frame(
            "SaslAuthenticate", 2, new WireStruct { ["auth_bytes"] = SecuredBroker.Plain("alice", new string('p', TokenBytes)) });
        await Task.WhenAll(Enumerable.Range(0, attacker.Times(400)).Select(async _ =>
        {
            RawClient client = await attacker.ConnectAsync();
            if (await Attacker.TrySendAsync(client, handshake) && await Attacker.TryReceiveAsync(client) is not null
                && await Attacker.TrySendAsync(client, token[..Math.Min(bytes, token.Length)]) && reads)
            {
                await Attacker.TryReceiveAsync(client);
            }
        }));
        await Task.Delay(1000);
    }
}
