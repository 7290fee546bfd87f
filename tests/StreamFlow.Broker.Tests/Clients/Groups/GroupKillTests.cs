using StreamFlow.Broker.Tests.Durability;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.TestSupport;
using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Clients.Groups;

/// <summary>
/// Members of a group of the consumer protocol (librdkafka), and the broker, killed while the group reads. STREAMFLOW_GROUP_KILLS says how
/// often, STREAMFLOW_DURABILITY_SEED repeats the choices of a run, though not its timing.
/// </summary>
public sealed class GroupKillTests(ITestOutputHelper output) : IDisposable
{
    private const string Group = "g";
    private const string Topic = "t";
    private const int Partitions = 6;
    private const int Members = 3;
    private const int RecordsPerKill = 600;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    /// <summary>Long enough for members on a busy machine, whose heartbeats come ten times as often.</summary>
    private const int SessionMs = 6_000;

    private readonly TemporaryDirectory _directory = new();
    private readonly GroupKillModel _model = new();
    private readonly List<string> _produced = [];
    private int _port = FreePort.Find();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Kills_of_members_and_of_the_broker_lose_nothing_and_assign_nothing_twice()
    {
        int kills = PowerCutSimulationTests.Number("STREAMFLOW_GROUP_KILLS", 2);
        int seed = PowerCutSimulationTests.Number("STREAMFLOW_DURABILITY_SEED", Random.Shared.Next(1_000_000_000));
        output.WriteLine($"STREAMFLOW_DURABILITY_SEED={seed}");
        Random random = new(seed);
        StandaloneBroker broker = await StartAsync();
        MemberProcess[] members = [.. Enumerable.Range(0, Members).Select(_ => Join())];
        try
        {
            // Of one partition that nobody reads, the group has nothing to say yet.
            await ProduceAsync();
            await Eventually.TrueAsync(() => _model.HasRead(_produced), "the group reads");
            for (int kill = 0; kill < kills; kill++)
            {
                await ProduceAsync();
                await Task.Delay(random.Next(1_000));
                if (kill % 2 == 0)
                {
                    int victim = random.Next(Members);
                    await members[victim].KillAsync();
                    members[victim].Dispose();
                    members[victim] = Join();
                }
                else
                {
                    await broker.KillAsync();
                    broker.Dispose();
                    broker = await StartAsync();
                }

                await WatchAsync(random.Next(500, 1_500));
            }

            await UntilReadAsync();
        }
        finally
        {
            await Task.WhenAll(members.Select(static x => x.KillAsync()));
            Array.ForEach(members, static x => x.Dispose());
            broker.Dispose();
        }

        Assert.Equal([], _model.Overlaps());
        output.WriteLine($"{kills} SIGKILLs (seed {seed}): 0 of {_produced.Count} records lost, no partition owned twice");
    }

    private MemberProcess Join() => MemberProcess.Start(_model, $"127.0.0.1:{_port}", Group, Topic);

    private Task<StandaloneBroker> StartAsync() => StandaloneBroker.StartAsync(
        "--data", _directory.Path, "--port", $"{_port}", "--topic", $"{Topic}:{Partitions}", "--consumer-session-ms", $"{SessionMs}");

    private async Task ProduceAsync()
    {
        using RawClient client = await RawClient.ConnectAsync(_port);
        for (int i = 0; i < RecordsPerKill; i += Partitions)
        {
            for (int partition = 0; partition < Partitions; partition++)
            {
                string value = $"{_produced.Count}";
                WireStruct answer = await client.ProduceAsync(Topic, partition, TestBatch.Build(value));
                Assert.Equal(0, answer.Number("error_code"));
                _produced.Add(value);
            }
        }
    }

    /// <summary>Looks for a while at what the coordinator says that its members have.</summary>
    private async Task WatchAsync(int milliseconds)
    {
        using RawClient client = await RawClient.ConnectAsync(_port);
        long start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start).TotalMilliseconds < milliseconds)
        {
            Assert.Empty(await GroupKillModel.TwiceAssignedAsync(client, Group));
            await Task.Delay(50);
        }
    }

    private async Task UntilReadAsync()
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!_model.HasRead(_produced))
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < Deadline,
                $"{_produced.Count - _model.ReadOnce} of {_produced.Count} records were lost.");
            await WatchAsync(200);
        }
    }
}
