using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>The registration of a transactional id: what passes is waited for, what does not ends the thread.</summary>
public sealed class RegistrationTests
{
    [Fact]
    public async Task A_timeout_above_the_limit_of_the_broker_fails_the_thread_at_once_with_the_remedy()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var application = await harness.StartAsync(CountingApplication.Build, options =>
        {
            CountingApplication.ExactlyOnce(options);
            options.TransactionTimeout = TimeSpan.FromMinutes(20);
        });

        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure, long before TaskTimeout");

        var message = application.Status.Error!.Message;
        Assert.StartsWith("app-StreamThread-1 cannot process exactly once. ", message, StringComparison.Ordinal);
        foreach (var part in new[] { "Transaction 'app-", "20 min", "transaction.max.timeout.ms (15 min)", "lower TransactionTimeout" })
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_refused_registration_is_not_tried_again()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.InitTransactions, KafkaErrorKind.Refused, new FaultMatch { Times = int.MaxValue });
        var application = await harness.StartAsync(CountingApplication.Build, CountingApplication.ExactlyOnce);

        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure");

        Assert.Equal(1, fault.Hits);
    }

    /// <summary>A right may be taken away while the application runs; what was open is not left behind.</summary>
    [Fact]
    public async Task A_refused_registration_of_a_second_producer_ends_the_thread_too()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var application = await harness.StartAsync(CountingApplication.Build, CountingApplication.ExactlyOnce);
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        harness.Kafka.Faults.Fail(ClientCall.InitTransactions, KafkaErrorKind.Refused, new FaultMatch { Times = int.MaxValue });
        harness.Kafka.Faults.Fail(ClientCall.SendOffsetsToTransaction, KafkaErrorKind.Fatal);
        CountingApplication.SendWave(harness, 0);

        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure");

        Assert.Contains("cannot process exactly once", application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Empty(CountingApplication.Results(harness));
    }

    [Theory]
    [InlineData(KafkaErrorKind.Retriable)]
    [InlineData(KafkaErrorKind.Fatal)]
    public async Task A_registration_that_fails_for_a_while_is_tried_until_it_succeeds(KafkaErrorKind kind)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var fault = harness.Kafka.Faults.Fail(ClientCall.InitTransactions, kind, new FaultMatch { Times = 20 });
        var application = await harness.StartAsync(CountingApplication.Build, CountingApplication.ExactlyOnce);
        CountingApplication.SendWave(harness, 0);
        await CountingApplication.UntilAllAreOut(harness);

        Assert.True(fault.IsSpent);
        Assert.Null(application.Status.Error);
        CountingApplication.AssertExact(harness);
    }
}
