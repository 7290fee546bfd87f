using StreamFlow.Runtime;

namespace StreamFlow.Tests.Runtime;

public sealed class TurnLimitsTests
{
    private static readonly TimeSpan Never = TimeSpan.MaxValue;

    [Theory]
    [InlineData(30_000, 0, 100)]
    [InlineData(30_000, 29_950, 50)]
    [InlineData(30_000, 40_000, 1)]
    [InlineData(0, 0, 1)]
    public void A_turn_ends_when_the_commit_is_due_and_never_lasts_long(int interval, int sinceCommit, int expected)
    {
        var limits = Limits(interval);

        Assert.Equal(Milliseconds(expected), limits.TurnAfter(Milliseconds(sinceCommit), Never));
    }

    [Theory]
    [InlineData(20, 20)]
    [InlineData(-5, 1)]
    [InlineData(500, 100)]
    public void A_turn_ends_when_a_punctuation_is_due(int until, int expected) =>
        Assert.Equal(Milliseconds(expected), Limits(30_000).TurnAfter(TimeSpan.Zero, Milliseconds(until)));

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce, 9_000, 5_000)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, 100, 100)]
    [InlineData(ProcessingGuarantee.AtLeastOnce, 30_000, 30_000)]
    public void A_commit_begins_long_before_its_transaction_times_out(ProcessingGuarantee guarantee, int interval, int expected) =>
        Assert.Equal(Milliseconds(expected), Limits(interval, guarantee).CommitAfter);

    [Theory]
    [InlineData(0, 100_000, 100)]
    [InlineData(29_970, 100_000, 30)]
    [InlineData(40_000, 100_000, 0)]
    [InlineData(0, 7, 7)]
    public void The_wait_for_records_ends_when_something_else_is_due(int sinceCommit, int untilPunctuation, int expected) =>
        Assert.Equal(
            Milliseconds(expected), Limits(30_000).WaitAfter(Milliseconds(sinceCommit), Milliseconds(untilPunctuation)));

    [Fact]
    public void Turns_are_short_for_any_poll_interval_that_a_broker_accepts()
    {
        // KafkaConsumer: max.poll.interval.ms >= session.timeout.ms >= group.min.session.timeout.ms, 6 s by default.
        Assert.True(TurnLimits.Longest <= TimeSpan.FromSeconds(6) / 10);
    }

    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);

    private static TurnLimits Limits(int interval, ProcessingGuarantee guarantee = ProcessingGuarantee.AtLeastOnce) =>
        new(new StreamFlowOptions
        {
            ApplicationId = "app",
            ProcessingGuarantee = guarantee,
            CommitInterval = Milliseconds(interval),
            TransactionTimeout = TimeSpan.FromSeconds(10),
            PollTimeout = Milliseconds(100),
        });
}
