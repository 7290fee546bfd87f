using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// Transactions that take too long or grow too large, on a clock that only the tests move. Everything has to be done within
/// three quarters of <see cref="StreamFlowOptions.TransactionTimeout"/>: 7.5 of 10 seconds.
/// </summary>
public sealed class TransactionLimitTests
{
    [Theory]
    [InlineData(ClientCall.Produce, 1)]
    [InlineData(ClientCall.SendOffsetsToTransaction, 2)]
    [InlineData(ClientCall.CommitTransaction, 2)]
    public async Task A_transaction_that_cannot_commit_in_time_is_given_up_and_done_again(ClientCall call, int times)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var clients = new PickyClients(harness.Kafka, "out", int.MaxValue);
        var application = await StartAsync(harness, clients, TimeSpan.Zero);
        CountingApplication.SendWave(harness, 0);
        await CountingApplication.UntilAllAreOut(harness);
        var fault = harness.Kafka.Faults.Delay(
            call, TimeSpan.FromHours(1), new FaultMatch { Times = times, Topic = call == ClientCall.Produce ? "out" : null });
        CountingApplication.SendWave(harness, 1);
        await AppHarness.Until(
            () => fault.Hits > 0 && (call != ClientCall.Produce || clients.UnfinishedDrains > 0), "a commit that is held back");

        try
        {
            Advance(harness, 7);
            await Task.Delay(300);
            Assert.Equal((0, 1), (clients.Aborts, clients.Producers));
            Advance(harness, 1);
            await CountingApplication.UntilAllAreOut(harness);
        }
        finally
        {
            // Whatever is held back then would hold back the end of the application too.
            fault.Lift();
            Advance(harness, 3600);
        }

        // Whether a commit without an answer was one, only the registration of a new producer can tell.
        var isUnknown = call == ClientCall.CommitTransaction;
        Assert.Equal(isUnknown ? (0, 2) : (1, 1), (clients.Aborts, clients.Producers));
        await application.StopAsync();
        Assert.Null(application.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    [Theory]
    [InlineData(ClientCall.SendOffsetsToTransaction)]
    [InlineData(ClientCall.CommitTransaction)]
    public async Task A_step_that_is_slow_but_in_time_costs_nothing(ClientCall call)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var clients = new PickyClients(harness.Kafka, "out", int.MaxValue);
        var application = await StartAsync(harness, clients, TimeSpan.Zero);
        var fault = harness.Kafka.Faults.Delay(call, TimeSpan.FromSeconds(5));
        CountingApplication.SendWave(harness, 0);
        await AppHarness.Until(() => fault.Hits > 0, "the delay");

        Advance(harness, 5);
        await CountingApplication.UntilAllAreOut(harness);

        Assert.Equal((0, 1), (clients.Aborts, clients.Producers));
        Assert.Null(application.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    /// <summary>The clock stands still, so it is not the interval that commits.</summary>
    [Theory]
    [InlineData(0L)]
    [InlineData(10_000_000L)]
    public async Task More_uncommitted_bytes_than_allowed_commit_before_the_interval_is_over(long cache)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var clients = new PickyClients(harness.Kafka, "out", int.MaxValue);
        await StartAsync(harness, clients, TimeSpan.FromSeconds(5), options =>
        {
            options.CacheMaxBytes = cache;
            options.MaxUncommittedBytes = 5_000;
        });
        harness.Send("in", 0, "small", "v");
        await Task.Delay(300);
        Assert.Empty(harness.Values("out"));
        for (var i = 0; i < 200; i++)
        {
            harness.Send("in", 0, $"a key of thirty-two characters {i:D3}", "v");
        }

        await AppHarness.Until(() => harness.Values("out").Count > 0, "an early commit");
        Assert.True(harness.Kafka.CommittedOffsets("app")[new TopicPartition("in", 0)].Offset > 1);
    }

    private static void Advance(AppHarness harness, int seconds) =>
        ((VirtualTime)harness.Kafka.Time).Advance(TimeSpan.FromSeconds(seconds));

    private static async Task<StreamsApplication> StartAsync(
        AppHarness harness, PickyClients clients, TimeSpan commit, Action<StreamFlowOptions>? configure = null)
    {
        var application = await harness.StartAsync(
            CountingApplication.Build,
            options =>
            {
                CountingApplication.ExactlyOnce(options);
                options.CommitInterval = commit;
                configure?.Invoke(options);
            },
            new StreamsServices { Time = harness.Kafka.Time },
            clients);
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        return application;
    }
}
