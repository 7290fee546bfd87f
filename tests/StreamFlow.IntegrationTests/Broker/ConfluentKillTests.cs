using StreamFlow.Broker;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Broker;

/// <summary>Confluent.Kafka processes every record once, whoever is killed meanwhile.</summary>
public sealed class ConfluentKillTests
{
    /// <summary>Between any two durable steps of a transaction, in their order.</summary>
    private static readonly string[] FaultPoints =
    [
        "txn.after-init", "txn.after-add", "txn.before-offsets", "txn.after-offsets", "txn.before-prepare",
        "txn.after-prepare", "txn.before-marker", "txn.after-marker", "txn.before-materialise",
        "txn.after-materialise", "txn.before-complete", "txn.after-complete",
    ];

    public static TheoryData<string> Phases() => [.. TransformingClient.Phases];

    [Theory]
    [MemberData(nameof(Phases))]
    public async Task Client_killed_in_a_phase_is_fenced_by_its_successor(string phase)
    {
        const int Total = 60;
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        await TransformingClient.FeedAsync(broker.BootstrapServers, Total);
        using (WorkerProcess victim = WorkerProcess.StartClient("transform", broker.BootstrapServers, phase))
        {
            await victim.UntilSaysAsync("REACHED");
            await victim.KillAsync();
        }

        Assert.Equal(Enumerable.Range(0, Total), new TransformingClient(broker.BootstrapServers).Resume(Total).Order());
    }

    [Fact]
    public async Task Client_goes_on_through_kills_of_the_broker_at_every_fault_point()
    {
        const int Total = 2_000;
        using var data = new TempFolder();
        int port;
        using (StandaloneBroker first = await StandaloneBroker.StartAsync("--data", data.Path, "--port", "0"))
        {
            port = first.Port;
            await TransformingClient.FeedAsync(first.BootstrapServers, Total);
            await first.KillAsync();
        }

        Task<List<int>> client = Task.Factory.StartNew(
            () => new TransformingClient($"127.0.0.1:{port}").Resume(Total),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        foreach (string point in FaultPoints)
        {
            // Not at the first pass, so that each broker does some work before it ends; a producer is initialised once.
            string at = point == FaultPoints[0] ? point : $"{point}:3";
            using StandaloneBroker broker = await StandaloneBroker.StartAsync(
                ("STREAMFLOW_BROKER_CRASH_AT", at), "--data", data.Path, "--port", $"{port}");
            await broker.WaitForKilledAsync();
        }

        using StandaloneBroker last = await StandaloneBroker.StartAsync("--data", data.Path, "--port", $"{port}");
        Assert.Equal(Enumerable.Range(0, Total), (await client).Order());
    }
}
