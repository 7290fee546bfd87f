using StreamFlow.Broker.Tests.Support;
using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>
/// The executable, killed under mixed load and started again on what it left. STREAMFLOW_KILLS says how often
/// (eng/verify-durability.sh), STREAMFLOW_DURABILITY_SEED repeats the choices of a run, though not its timing.
/// </summary>
public sealed class KillLoopTests(ITestOutputHelper output)
{
    private const int LongestLifeMs = 400;

    [Fact]
    public async Task Kill_under_mixed_load_loses_nothing_that_was_acknowledged()
    {
        int kills = PowerCutSimulationTests.Number("STREAMFLOW_KILLS", 5);
        int seed = PowerCutSimulationTests.Number("STREAMFLOW_DURABILITY_SEED", Random.Shared.Next(1_000_000_000));
        output.WriteLine($"STREAMFLOW_DURABILITY_SEED={seed}");
        var random = new Random(seed);
        var model = new KillModel(seed);
        using Support.TemporaryDirectory directory = new();
        string[] arguments = ["--data", directory.Path, "--port", "0", "--maintenance-ms", "50", "--retention-check-ms", "50"];
        for (int kill = 0; kill <= kills; kill++)
        {
            using StandaloneBroker broker = await StandaloneBroker.StartAsync(arguments);
            if (kill == 0)
            {
                await CreateTopicsAsync(broker.Port);
            }

            await model.VerifyAsync(broker.Port);
            if (kill == kills)
            {
                using RawClient client = await RawClient.ConnectAsync(broker.Port);
                await model.Retention.AwaitRetentionAsync(client);
                Assert.Equal(0, await broker.TerminateAsync("Retention deletes"));
                break;
            }

            Task load = model.RunAsync(broker.Port);
            await Task.WhenAny(load, Task.Delay(random.Next(LongestLifeMs)));
            string said = await broker.KillAndReadErrorsAsync();
            try
            {
                await load;
            }
            catch (Exception)
            {
                output.WriteLine($"In life {kill + 1} the broker said:\n{said}");
                throw;
            }
        }

        string result = $"{kills} SIGKILLs (seed {seed}): 0 of {model.Acknowledged + model.Retention.Acknowledged} acknowledged records lost, 0 of"
            + $" {model.Transactions.Ended + model.Transactions2.Ended} ended transactions torn or resurrected, {model.Transactions2.Ended} of them of"
            + $" version 2, which were refused a commit {model.Transactions2.Refused} times; retention took {model.Retention.Gone} of"
            + $" {model.Retention.Acknowledged} records of a topic meanwhile";
        output.WriteLine(result);
        if (Environment.GetEnvironmentVariable("STREAMFLOW_DURABILITY_RESULT") is { Length: > 0 } file)
        {
            await File.AppendAllLinesAsync(file, [result]);
        }
    }

    private static async Task CreateTopicsAsync(int port)
    {
        using RawClient client = await RawClient.ConnectAsync(port);
        foreach (string topic in (string[])["plain", "idempotent", "ta", "tb", "ua", "ub"])
        {
            // The records of these tests are years old.
            await CreateAsync(client, topic, Config("retention.ms", "-1"), Config("segment.bytes", "65536"));
        }

        await CreateAsync(
            client, "compact", Config("cleanup.policy", "compact"), Config("segment.bytes", "16384"),
            Config("min.cleanable.dirty.ratio", "0"));
        await CreateAsync(
            client, KillRetention.Topic, Config("retention.ms", "-1"), Config("segment.bytes", Text(KillRetention.SegmentBytes)),
            Config("retention.bytes", Text(KillRetention.RetentionBytes)));
    }

    private static async Task CreateAsync(RawClient client, string topic, params WireStruct[] configs)
    {
        WireStruct answer = await client.CallAsync("CreateTopics", 5, new WireStruct
        {
            ["topics"] = new WireStruct
            {
                ["name"] = topic, ["num_partitions"] = 1, ["replication_factor"] = 1, ["configs"] = configs,
            },
            ["timeout_ms"] = 10_000,
        });
        Assert.Equal(0, answer.Only("topics").Number("error_code"));
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static WireStruct Config(string name, string value) => new() { ["name"] = name, ["value"] = value };
}
