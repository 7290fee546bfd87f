using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>What ends a thread whose records were not delivered, as its user reads it.</summary>
public sealed class DeliveryMessageTests
{
    [Theory]
    [InlineData("out")]
    [InlineData(CountingApplication.ChangelogTopic)]
    public async Task The_reason_of_the_broker_is_one_sentence_among_others(string topic)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Kafka.Faults.Fail(ClientCall.Produce, KafkaErrorKind.Fatal, new FaultMatch { Topic = topic });
        harness.Send("in", 0, "k", "v");
        var application = await harness.StartAsync(CountingApplication.Build, options => options.CacheMaxBytes = 0);
        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure");

        var message = application.Status.Error!.Message;
        Assert.DoesNotContain("..", message, StringComparison.Ordinal);
        Assert.Contains("failed by script.", message, StringComparison.Ordinal);
        Assert.EndsWith(". [SF0901]", message, StringComparison.Ordinal);
    }
}
