namespace StreamFlow.Tests.Runtime;

/// <summary>Threads that are replaced and fail again, on a clock of the test's.</summary>
public sealed class ThreadReplacementTests
{
    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce, 1)]
    [InlineData(ProcessingGuarantee.AtLeastOnce, 3)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, 1)]
    public async Task A_poison_record_is_tried_more_and_more_seldom_and_then_is_the_failure(ProcessingGuarantee guarantee, int threads)
    {
        await using var harness = new AppHarness(("in", 3), ("out", 1));
        harness.Send("in", 0, "k", "poison");
        var log = new ListLogger();
        var asked = new List<TimeSpan>();
        var start = harness.Kafka.Time.GetTimestamp();
        var application = await harness.StartAsync(
            Picky,
            options =>
            {
                options.ProcessingGuarantee = guarantee;
                options.NumStreamThreads = threads;
                options.ThreadFailureHandler = _ =>
                {
                    lock (asked)
                    {
                        asked.Add(harness.Kafka.Time.GetElapsedTime(start));
                    }

                    return ThreadFailureResponse.ReplaceThread;
                };
            },
            new StreamsServices { Time = harness.Kafka.Time, Logging = log });

        // The first is replaced at once; without time going by all others wait, however many partitions they are left with.
        await AppHarness.Until(
            () => application.Status is { Threads.Count: 0 } status && status.FailuresInARow == threads + 1, "the wait of all");
        Assert.Equal(StreamsState.Rebalancing, application.State);
        Assert.Equal(threads + 1, asked.Count);

        await harness.UntilWithTime(() => application.Completion.IsCompleted, "the failure");

        var failure = await Assert.ThrowsAsync<RecordFailedException>(() => application.Completion);
        Assert.Equal(("in", 0, 0L), (failure.Error.Topic, failure.Error.Partition, failure.Error.Offset));
        Assert.InRange(asked.Count, 5, 20 * threads);
        Assert.True(asked[^1] - asked[0] >= AppHarness.Options().TaskTimeout, $"It took {asked[^1] - asked[0]} only.");
        Assert.Contains(log.Messages, m => m.Contains("no further one is replaced", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stop_while_a_replacement_waits_ends_at_once()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "k", "poison");
        var application = await harness.StartAsync(
            Picky,
            o => o.ThreadFailureHandler = _ => ThreadFailureResponse.ReplaceThread,
            new StreamsServices { Time = harness.Kafka.Time });
        await AppHarness.Until(() => application.Status is { FailuresInARow: 2, Threads.Count: 0 }, "the wait");

        await application.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(StreamsState.NotRunning, application.State);
        Assert.IsType<RecordFailedException>(application.Status.Error);
    }

    private static void Picky(StreamsBuilder builder) =>
        builder.Stream<string, string>("in")
            .MapValues(v => v == "poison" ? throw new InvalidOperationException("I do not like it") : v)
            .To("out");
}
