using System.Globalization;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>
/// Every attack against a broker of its own, whose memory stays within bounds and which serves others afterwards.
/// <c>STREAMFLOW_ATTACKED_BROKERS</c> names others to attack, separated by ';', and <c>STREAMFLOW_ATTACK_RESULT</c> the file that gets
/// the table (eng/attack-broker.sh).
/// </summary>
public sealed class AttackTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Limit = 64 << 20;

    /// <summary>How much is done here of what is done a thousand times in the whole attack.</summary>
    private const double Share = 0.1;

    /// <summary>An idle broker, the bytes in flight twice (what the pool keeps), and what groups and others may hold.</summary>
    private const long MostResident = 290L << 20;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);

    public static TheoryData<string> Names => [.. Attacks.All.Keys];

    public static TheoryData<string> StrangerNames => [.. StrangerAttacks.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public Task An_attack_takes_no_more_memory_than_it_may_and_others_are_served(string attack) =>
        TryAsync(attack, Attacks.All[attack], AttackedBroker.StartAsync, static async honest =>
        {
            Assert.Equal(0, (await honest.ProduceAsync("t", 1, TestBatch.Build("honest"))).Number("error_code"));
            Assert.Equal(0, (await honest.FetchAsync("t", 1, 0)).Number("error_code"));
        });

    [Theory]
    [MemberData(nameof(StrangerNames))]
    public Task An_attack_of_strangers_takes_no_more_memory_than_it_may_and_others_are_let_in(string attack) =>
        TryAsync(attack, StrangerAttacks.All[attack], AttackedBroker.StartSecuredAsync, static honest => honest.LoginAsync("alice", "wonderland"));

    private async Task TryAsync(
        string name, Func<Attacker, Task> attack, Func<string, string[], Task<AttackedBroker>> start, Func<RawClient, Task> beServed)
    {
        string host = Path.Combine(AppContext.BaseDirectory, "StreamFlow.Broker.Host.dll");
        using AttackedBroker broker = await start(host, ["--max-bytes-in-flight", Limit.ToString(CultureInfo.InvariantCulture)]);
        using Attacker attacker = new(broker.Port, Share);
        await attack(attacker).WaitAsync(Longest);
        await broker.SettleAsync();
        output.WriteLine($"{broker.PeakBytes >> 20} MiB: {name}");
        using (RawClient honest = await RawClient.ConnectAsync(broker.Port))
        {
            await beServed(honest);
        }

        Assert.True(broker.IsAlive);
        Assert.InRange(broker.PeakBytes, 0, MostResident);
    }

    [Fact]
    public async Task Other_brokers_are_attacked_when_they_are_named()
    {
        string[] brokers = Environment.GetEnvironmentVariable("STREAMFLOW_ATTACKED_BROKERS")?.Split(';') ?? [];
        List<string> rows = [];
        foreach ((string name, Func<Attacker, Task> attack) in Attacks.All.Concat(StrangerAttacks.All).Where(_ => brokers.Length > 0))
        {
            List<string> columns = [name];
            foreach (string broker in brokers)
            {
                columns.Add(await PeakAsync(broker, attack, isSecured: StrangerAttacks.All.ContainsKey(name)));
            }

            rows.Add($"| {string.Join(" | ", columns)} |");
            output.WriteLine(rows[^1]);
        }

        if (Environment.GetEnvironmentVariable("STREAMFLOW_ATTACK_RESULT") is { Length: > 0 } file)
        {
            await File.WriteAllLinesAsync(file, rows);
        }
    }

    private static async Task<string> PeakAsync(string assembly, Func<Attacker, Task> attack, bool isSecured)
    {
        string[] silent = ["--log-level", "none"];
        using AttackedBroker broker = isSecured
            ? await AttackedBroker.StartSecuredAsync(assembly, silent)
            : await AttackedBroker.StartAsync(assembly, silent);
        using Attacker attacker = new(broker.Port);
        string end = "";
        try
        {
            await attack(attacker).WaitAsync(Longest);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // How far it came is part of the answer: the broker may be what gave up.
            end = broker.IsAlive ? "" : ", and the broker ends";
        }

        await broker.SettleAsync();
        return $"{broker.PeakBytes >> 20} MiB{(broker.IsAlive ? end : ", and the broker ends")}";
    }
}
