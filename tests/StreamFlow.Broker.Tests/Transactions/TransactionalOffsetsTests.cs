using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Tests.Groups;
using StreamFlow.Broker.Transactions;
using static StreamFlow.Broker.Tests.Transactions.TransactionFixture;

namespace StreamFlow.Broker.Tests.Transactions;

public sealed class TransactionalOffsetsTests
{
    [Theory]
    [InlineData(true, false, 7)]
    [InlineData(false, false, 1)]
    [InlineData(true, true, 7)]
    [InlineData(false, true, 1)]
    public async Task Offset_is_unstable_until_the_end_and_counts_only_if_committed(bool commit, bool crash, long expected)
    {
        using var broker = new TransactionFixture();
        await broker.CommitPlainOffsetAsync(1);
        ProducerIdentity producer = await broker.InitAsync();
        Assert.Equal(ErrorCode.InvalidTxnState, await broker.CommitOffsetAsync(producer, 7));
        await broker.AddOffsetsAsync(producer);
        Assert.Equal(ErrorCode.None, await broker.CommitOffsetAsync(producer, 7));
        Assert.Null(broker.Offset());
        Assert.Equal(1, Assert.Single(broker.Groups.FetchOffsets("group", [Input], requireStable: false).Offsets).Offset);

        await broker.EndAsync(producer, commit);
        if (crash)
        {
            broker.Crash();
        }

        Assert.Equal(expected, broker.Offset());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Plain_commit_made_later_is_not_overwritten_when_the_transaction_commits(bool crash)
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await broker.InitAsync();
        await broker.AddOffsetsAsync(producer);
        await broker.CommitOffsetAsync(producer, 7);
        await broker.CommitPlainOffsetAsync(9);
        await broker.EndAsync(producer, commit: true);
        if (crash)
        {
            broker.Crash();
        }

        Assert.Equal(9, broker.Offset());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deletion_made_later_is_not_undone_when_the_transaction_commits(bool crash)
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await broker.InitAsync();
        await broker.AddOffsetsAsync(producer);
        await broker.CommitOffsetAsync(producer, 7);
        OffsetDeleteResult deleted = await broker.Groups.DeleteOffsetsAsync("group", [Input]);
        Assert.Equal([ErrorCode.None], deleted.PartitionErrors);
        await broker.EndAsync(producer, commit: true);
        if (crash)
        {
            broker.Crash();
        }

        Assert.Equal(-1, broker.Offset());
    }

    [Fact]
    public async Task Commit_is_checked_against_the_group_and_a_rebalance_is_no_obstacle()
    {
        using var broker = new TransactionFixture();
        JoinResult joined = await Within(broker.Groups.JoinAsync(GroupHarness.JoinOf(version: 3), CancellationToken.None));
        ProducerIdentity producer = await broker.InitAsync();
        await broker.AddOffsetsAsync(producer);

        // The generation is formed but not synchronised.
        Assert.Equal(
            ErrorCode.None, await broker.CommitOffsetAsync(producer, 7, joined.GenerationId, joined.MemberId));
        Assert.Equal(
            ErrorCode.IllegalGeneration, await broker.CommitOffsetAsync(producer, 8, joined.GenerationId - 1, joined.MemberId));
        Assert.Equal(
            ErrorCode.UnknownMemberId, await broker.CommitOffsetAsync(producer, 8, joined.GenerationId, "stranger"));
        Assert.Equal(ErrorCode.None, await broker.CommitOffsetAsync(producer, 9));
        await broker.EndAsync(producer, commit: true);
        Assert.Equal(9, broker.Offset());
    }

    [Fact]
    public async Task Group_with_nothing_but_a_pending_offset_does_not_expire()
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await broker.InitAsync(timeoutMs: 15 * 60_000);
        await broker.AddOffsetsAsync(producer);
        await broker.CommitOffsetAsync(producer, 7);
        broker.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Null(broker.Offset());
        await broker.EndAsync(producer, commit: true);
        Assert.Equal(7, broker.Offset());
    }

    [Fact]
    public async Task Offset_that_a_transaction_is_about_to_change_does_not_expire()
    {
        using var broker = new TransactionFixture();
        await broker.CommitPlainOffsetAsync(1);
        broker.Time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(5));
        ProducerIdentity producer = await broker.InitAsync(timeoutMs: 15 * 60_000);
        await broker.AddOffsetsAsync(producer);
        await broker.CommitOffsetAsync(producer, 7);
        broker.Time.Advance(TimeSpan.FromMinutes(10));
        await broker.EndAsync(producer, commit: false);
        Assert.Equal(1, broker.Offset());
        broker.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(-1, broker.Offset());
    }
}
