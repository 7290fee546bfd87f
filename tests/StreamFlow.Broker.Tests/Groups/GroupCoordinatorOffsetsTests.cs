using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.Protocol.Messages;
using static StreamFlow.Broker.Tests.Groups.CoordinatorFixture;
using static StreamFlow.Broker.Tests.Groups.GroupHarness;

namespace StreamFlow.Broker.Tests.Groups;

public sealed class GroupCoordinatorOffsetsTests : IDisposable
{
    private static readonly TimeSpan Retention = TimeSpan.FromDays(7);

    private readonly CoordinatorFixture _fixture = new() { SessionMs = 1_800_000 };

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task CommitOffsetsAsync_then_fetch_returns_what_was_committed_verbatim()
    {
        Assert.Equal([ErrorCode.None], await _fixture.CommitAsync((Orders(1), 42)));

        FetchedOffset fetched = _fixture.Fetch(Orders(1));

        Assert.Equal(new FetchedOffset(Orders(1), 42, 0, "note", ErrorCode.None), fetched);
    }

    [Fact]
    public async Task CommitOffsetsAsync_bad_partitions_and_metadata_fail_alone()
    {
        CommitCommand command = CommitOf(("", -1)) with
        {
            Offsets =
            [
                new(new OffsetKey("orders", 4), 1, -1, null),
                new(new OffsetKey("nothing", 0), 1, -1, null),
                new(Orders(0), 1, -1, new string('x', 4097)),
                new(Orders(1), 5, -1, new string('x', 4096)),
                new(Orders(2), 6, -1, null),
            ],
        };

        ErrorCode[] errors = await _fixture.Coordinator.CommitOffsetsAsync(command);

        Assert.Equal(
            [
                ErrorCode.UnknownTopicOrPartition,
                ErrorCode.UnknownTopicOrPartition,
                ErrorCode.OffsetMetadataTooLarge,
                ErrorCode.None,
                ErrorCode.None,
            ],
            errors);
        Assert.Equal(-1, _fixture.Fetch(Orders(0)).Offset);
        Assert.Equal(5, _fixture.Fetch(Orders(1)).Offset);
        Assert.Equal("", _fixture.Fetch(Orders(2)).Metadata);
    }

    [Fact]
    public async Task CommitOffsetsAsync_old_generation_is_fenced_and_changes_nothing()
    {
        var member = await _fixture.StableAsync();
        await _fixture.CommitAsync(member, (Orders(0), 10));

        Assert.Equal([ErrorCode.IllegalGeneration], await _fixture.CommitAsync((member.Id, 0), (Orders(0), 99)));
        Assert.Equal([ErrorCode.UnknownMemberId], await _fixture.CommitAsync((Orders(0), 99)));

        Assert.Equal(10, _fixture.Fetch(Orders(0)).Offset);
    }

    [Fact]
    public async Task CommitOffsetsAsync_accepts_an_empty_group_id()
    {
        CommitCommand command = CommitOf(("", -1), (Orders(0), 3)) with { GroupId = "" };

        Assert.Equal([ErrorCode.None], await _fixture.Coordinator.CommitOffsetsAsync(command));
        Assert.Equal(3, Assert.Single(_fixture.Coordinator.FetchOffsets("", null, false).Offsets).Offset);
    }

    [Fact]
    public async Task FetchOffsets_unknown_is_minus_one_without_error()
    {
        Assert.Equal(new FetchedOffset(Orders(0), -1, -1, "", ErrorCode.None), _fixture.Fetch(Orders(0)));
        await _fixture.CommitAsync((Orders(3), 1));

        Assert.Equal(new FetchedOffset(Orders(0), -1, -1, "", ErrorCode.None), _fixture.Fetch(Orders(0)));
        FetchOffsetsResult all = _fixture.Coordinator.FetchOffsets("group", null, requireStable: true);
        Assert.Equal(Orders(3), Assert.Single(all.Offsets).Key);
        Assert.Empty(_fixture.Coordinator.FetchOffsets("other", null, requireStable: true).Offsets);
    }

    [Fact]
    public async Task CommitOffsetsAsync_is_neither_answered_nor_readable_before_it_is_durable()
    {
        using var fixture = new CoordinatorFixture(fsyncs: true);
        await fixture.CommitAsync((Orders(0), 1));
        fixture.Disk.HoldFlushes();

        Task<ErrorCode[]> commit = fixture.CommitAsync((Orders(0), 2));

        Assert.False(commit.IsCompleted);
        Assert.Equal(1, fixture.Fetch(Orders(0)).Offset);
        Assert.Equal(
            new FetchedOffset(Orders(0), -1, -1, "", ErrorCode.UnstableOffsetCommit),
            fixture.Fetch(Orders(0), requireStable: true));
        fixture.Disk.Release();
        Assert.Equal([ErrorCode.None], await commit);
        Assert.Equal(2, fixture.Fetch(Orders(0), requireStable: true).Offset);
    }

    [Fact]
    public async Task SyncAsync_is_not_answered_before_the_group_is_durable()
    {
        using var fixture = new CoordinatorFixture(fsyncs: true);
        JoinResult joined = await fixture.JoinAsync(JoinOf(version: 3));
        fixture.Disk.HoldFlushes();

        Task<SyncResult> sync = fixture.SyncAsync(joined.MemberId, 1, new MemberAssignment(joined.MemberId, [1]));
        Task<SyncResult> again = fixture.SyncAsync(joined.MemberId, 1);

        Assert.False(sync.IsCompleted);
        Assert.False(again.IsCompleted);
        fixture.Disk.Release();
        Assert.Equal([1], (await sync).Assignment);
        Assert.Equal([1], (await again).Assignment);
    }

    [Fact]
    public async Task CommitOffsetsAsync_failed_write_is_never_acknowledged_and_ends_nothing_else()
    {
        var member = await _fixture.StableAsync();
        _fixture.Disk.FailsWrites = true;

        Assert.Equal([ErrorCode.CoordinatorNotAvailable], await _fixture.CommitAsync(member, (Orders(0), 5)));

        _fixture.Disk.FailsWrites = false;
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat(member));
        Assert.Equal(-1, _fixture.Fetch(Orders(0), requireStable: true).Offset);
        Assert.Contains(_fixture.Warnings, warning => warning.Contains("could not be written", StringComparison.Ordinal));
        _fixture.Restart();
        Assert.Equal(-1, _fixture.Fetch(Orders(0)).Offset);
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat(member));
    }

    [Fact]
    public async Task CommitOffsetsAsync_failed_fsync_is_never_acknowledged()
    {
        using var fixture = new CoordinatorFixture(fsyncs: true);
        fixture.Disk.FailsFlushes = true;

        ErrorCode[] errors = await fixture.CommitAsync((Orders(0), 5));

        fixture.Disk.FailsFlushes = false;
        Assert.Equal([ErrorCode.CoordinatorNotAvailable], errors);
    }

    [Fact]
    public async Task SyncAsync_failed_write_answers_not_available()
    {
        JoinResult joined = await _fixture.JoinAsync(JoinOf(version: 3));
        _fixture.Disk.FailsWrites = true;

        SyncResult synced = await _fixture.SyncAsync(joined.MemberId, 1, new MemberAssignment(joined.MemberId, [1]));

        _fixture.Disk.FailsWrites = false;
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, synced.Error);
    }

    [Fact]
    public async Task Fetch_from_a_stopped_coordinator_says_so_per_partition_because_version_1_has_no_other_error()
    {
        await _fixture.CommitAsync((Orders(0), 5));
        _fixture.Coordinator.Stop();
        var request = new OffsetFetchRequest
        {
            GroupId = "group",
            Topics = [new OffsetFetchRequestTopics { Name = "orders", PartitionIndexes = [0] }],
        };

        OffsetFetchResponse response = new OffsetsHandler(_fixture.Coordinator).Fetch(request, OpenRequest.Of(1));

        Assert.Equal(ErrorCode.CoordinatorNotAvailable, response.Topics[0].Partitions[0].ErrorCode);
    }

    [Fact]
    public async Task DeleteOffsetsAsync_spares_topics_the_members_read()
    {
        _fixture.Store.CreateTopic("returns", 1);
        var member = await _fixture.StableAsync(new GroupProtocol("range", Subscription("orders")));
        var returns = new OffsetKey("returns", 0);
        await _fixture.CommitAsync(member, (Orders(0), 1), (returns, 2));

        OffsetDeleteResult result = await _fixture.Coordinator.DeleteOffsetsAsync(
            "group", [Orders(0), returns, new OffsetKey("nothing", 0)]);

        Assert.Equal(ErrorCode.None, result.Error);
        Assert.Equal(
            [ErrorCode.GroupSubscribedToTopic, ErrorCode.None, ErrorCode.UnknownTopicOrPartition],
            result.PartitionErrors);
        _fixture.Restart();
        Assert.Equal((1, -1), (_fixture.Fetch(Orders(0)).Offset, _fixture.Fetch(returns).Offset));
    }

    [Fact]
    public async Task DeleteOffsetsAsync_group_must_exist_and_be_empty_or_of_consumers()
    {
        Assert.Equal(
            ErrorCode.GroupIdNotFound, (await _fixture.Coordinator.DeleteOffsetsAsync("group", [Orders(0)])).Error);
        await _fixture.JoinAsync(JoinOf(version: 3, type: "connect"));

        Assert.Equal(
            ErrorCode.NonEmptyGroup, (await _fixture.Coordinator.DeleteOffsetsAsync("group", [Orders(0)])).Error);
    }

    [Fact]
    public async Task DeleteGroupsAsync_removes_only_groups_without_members_for_good()
    {
        var member = await _fixture.StableAsync();
        await _fixture.CommitAsync(member, (Orders(0), 1));
        Assert.Equal(
            [ErrorCode.NonEmptyGroup, ErrorCode.GroupIdNotFound],
            await _fixture.Coordinator.DeleteGroupsAsync(["group", "other"]));
        _fixture.Coordinator.Leave("group", [new(member.Id, null)]);

        Assert.Equal([ErrorCode.None], await _fixture.Coordinator.DeleteGroupsAsync(["group"]));

        Assert.Empty(_fixture.Coordinator.List([], []));
        _fixture.Restart();
        Assert.Empty(_fixture.Coordinator.List([], []));
        Assert.Equal(-1, _fixture.Fetch(Orders(0)).Offset);
    }

    [Fact]
    public async Task Deleted_topic_takes_its_offsets_along()
    {
        await _fixture.CommitAsync((Orders(0), 7));
        _fixture.Store.DeleteTopic("orders");
        _fixture.Store.CreateTopic("orders", 4);

        Assert.Equal(-1, _fixture.Fetch(Orders(0)).Offset);
        _fixture.Restart();
        Assert.Equal(-1, _fixture.Fetch(Orders(0)).Offset);
    }

    [Fact]
    public async Task Offsets_of_a_topic_that_vanished_before_the_start_are_dropped()
    {
        await _fixture.CommitAsync((Orders(0), 7));
        _fixture.Coordinator.Dispose();
        _fixture.Store.DeleteTopic("orders");
        _fixture.Restart();

        _fixture.Store.CreateTopic("orders", 4);

        Assert.Equal(-1, _fixture.Fetch(Orders(0)).Offset);
        _fixture.Restart();
        Assert.Equal(-1, _fixture.Fetch(Orders(0)).Offset);
    }

    [Fact]
    public async Task Expiry_simple_consumer_by_commit_time()
    {
        await _fixture.CommitAsync((Orders(0), 1));
        _fixture.Time.Advance(Retention / 2);
        await _fixture.CommitAsync((Orders(1), 2));

        _fixture.Time.Advance(Retention / 2);

        Assert.Equal((-1, 2), (_fixture.Fetch(Orders(0)).Offset, _fixture.Fetch(Orders(1)).Offset));
        _fixture.Time.Advance(Retention / 2);
        Assert.Empty(_fixture.Coordinator.List([], []));
        _fixture.Restart();
        Assert.Equal(-1, _fixture.Fetch(Orders(1)).Offset);
    }

    [Fact]
    public async Task Expiry_empty_group_by_the_time_it_became_empty()
    {
        var member = await _fixture.StableAsync();
        await _fixture.CommitAsync(member, (Orders(0), 1));
        _fixture.KeepAlive(member, Retention * 2);
        _fixture.Coordinator.Leave("group", [new(member.Id, null)]);
        _fixture.Time.Advance(Retention - TimeSpan.FromMinutes(20));
        Assert.Equal(1, _fixture.Fetch(Orders(0)).Offset);

        _fixture.Restart();
        _fixture.Time.Advance(TimeSpan.FromMinutes(30));

        Assert.Equal(-1, _fixture.Fetch(Orders(0)).Offset);
        Assert.Empty(_fixture.Coordinator.List([], []));
    }

    [Fact]
    public async Task Expiry_stable_group_only_of_topics_nobody_reads()
    {
        _fixture.Store.CreateTopic("returns", 1);
        var returns = new OffsetKey("returns", 0);
        var member = await _fixture.StableAsync(new GroupProtocol("range", Subscription("orders")));
        await _fixture.CommitAsync(member, (Orders(0), 1), (returns, 2));

        _fixture.KeepAlive(member, Retention - TimeSpan.FromMinutes(15));
        Assert.Equal((1, 2), (_fixture.Fetch(Orders(0)).Offset, _fixture.Fetch(returns).Offset));
        _fixture.KeepAlive(member, TimeSpan.FromMinutes(30));

        Assert.Equal((1, -1), (_fixture.Fetch(Orders(0)).Offset, _fixture.Fetch(returns).Offset));
    }
}
