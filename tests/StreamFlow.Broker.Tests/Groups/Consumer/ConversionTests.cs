using System.Text;
using StreamFlow.Broker.Groups;
using StreamFlow.Protocol;
using static StreamFlow.Broker.Tests.Groups.Consumer.ConsumerGroupHarness;

namespace StreamFlow.Broker.Tests.Groups.Consumer;

/// <summary>Consumer groups in their coordinator: what is stored, how kinds change, and who waits for whom.</summary>
public sealed class ConversionTests : IDisposable
{
    private readonly CoordinatorFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Members_go_on_after_a_restart_of_the_broker(bool crash)
    {
        ConsumerHeartbeatResult joined = await _fixture.BeatAsync(Joining("m", "orders"));
        Assert.Equal([ErrorCode.None], await CommitAsync("m", joined.MemberEpoch, 7));

        Restart(crash);

        Assert.Equal((ErrorCode.None, 2), Short(await _fixture.BeatAsync(Beat("m", 2))));
        Assert.Equal(GroupState.Stable, _fixture.Coordinator.DescribeConsumers("group").State);
        Assert.Equal(7, _fixture.Fetch(CoordinatorFixture.Orders(0)).Offset);
        Assert.Equal([ErrorCode.None], await CommitAsync("m", 2, 8));
        Assert.Equal(("group", "consumer", GroupState.Stable, GroupKind.Consumer), Listed());
    }

    [Fact]
    public async Task Empty_classic_group_becomes_a_consumer_group_and_back_and_keeps_its_offsets()
    {
        Assert.Equal([ErrorCode.None], await _fixture.CommitAsync((CoordinatorFixture.Orders(0), 5)));

        Assert.Equal((ErrorCode.None, 2), Short(await _fixture.BeatAsync(Joining("m", "orders"))));
        Assert.Equal(5, _fixture.Fetch(CoordinatorFixture.Orders(0)).Offset);
        await _fixture.BeatAsync(Beat("m", -1));
        Assert.Equal(GroupKind.Consumer, Listed().Kind);
        await _fixture.StableAsync();

        Restart(crash: true);
        Assert.Equal(("group", "consumer", GroupState.Stable, GroupKind.Classic), Listed());
        Assert.Equal(ErrorCode.GroupIdNotFound, _fixture.Coordinator.DescribeConsumers("group").Error);
        Assert.Equal("Group group is not a consumer group.", _fixture.Coordinator.DescribeConsumers("group").Message);
        Assert.Equal(5, _fixture.Fetch(CoordinatorFixture.Orders(0)).Offset);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Classic_group_with_members_is_upgraded_and_its_members_stay(bool crash)
    {
        (string id, int generation) = await ClassicAsync();

        ConsumerHeartbeatResult joined = await _fixture.BeatAsync(Joining("m", "orders"));
        if (crash)
        {
            Restart(crash: true);
        }

        Assert.Equal((ErrorCode.None, generation + 1), Short(joined));
        Assert.Empty(joined.Assignment!);
        Assert.Equal(GroupState.Reconciling, _fixture.Coordinator.DescribeConsumers("group").State);
        Assert.Equal("Group group is not a classic group.", _fixture.Coordinator.Describe("group").Message);
        Assert.Equal(ErrorCode.RebalanceInProgress, _fixture.Heartbeat((id, generation)));
        JoinResult again = await _fixture.JoinAsync(Classic(id, generation, 0, 1, 2, 3));
        Assert.Equal((ErrorCode.None, generation), (again.Error, again.GenerationId));
        Assert.Equal(2, ConsumerProtocol.ReadAssignment((await _fixture.SyncAsync(id, generation)).Assignment)!.Count);
        Assert.Equal(ErrorCode.RebalanceInProgress, _fixture.Heartbeat((id, generation)));
        Assert.Equal(generation + 1, (await _fixture.JoinAsync(Classic(id, generation, 0, 1))).GenerationId);
        await _fixture.SyncAsync(id, generation + 1);
        Assert.Equal(2, (await _fixture.BeatAsync(Beat("m", generation + 1))).Assignment!.Count);
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat((id, generation + 1)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Group_is_downgraded_when_the_last_member_of_the_protocol_goes(bool crash)
    {
        (string id, int generation) = await ClassicAsync();
        await _fixture.BeatAsync(Joining("m", "orders"));

        await _fixture.BeatAsync(Beat("m", -1));
        Assert.Equal(GroupState.PreparingRebalance, Listed().State);
        if (crash)
        {
            Restart(crash: true);
        }
        else
        {
            Assert.Equal(ErrorCode.IllegalGeneration, _fixture.Heartbeat((id, generation)));
        }

        Assert.Equal(GroupKind.Classic, Listed().Kind);
        JoinResult joined = await _fixture.JoinAsync(Classic(id, -1));
        Assert.Equal((ErrorCode.None, generation + 3, id), (joined.Error, joined.GenerationId, joined.Leader));
        Assert.Equal([9], (await _fixture.SyncAsync(id, generation + 3, new MemberAssignment(id, [9]))).Assignment);
    }

    [Fact]
    public async Task Parked_members_are_sent_to_join_anew_when_their_group_changes()
    {
        await ClassicAsync();
        Task<JoinResult> parked = _fixture.JoinAsync(Classic("", -1) with { ApiVersion = 3 });

        await _fixture.BeatAsync(Joining("m", "orders"));

        Assert.Equal(ErrorCode.RebalanceInProgress, (await parked).Error);
    }

    [Fact]
    public async Task Groups_of_others_and_those_that_may_not_are_not_upgraded()
    {
        await _fixture.JoinAsync(GroupHarness.JoinOf(version: 3, type: "connect"));
        ConsumerHeartbeatResult refused = await _fixture.BeatAsync(Joining("m", "orders"));
        Assert.Equal(ErrorCode.GroupIdNotFound, refused.Error);
        Assert.Equal(
            "Cannot upgrade classic group group to consumer group because the group does not use the consumer embedded protocol.",
            refused.Message);
        Assert.Equal("Group group is not a consumer group.", (await _fixture.BeatAsync(Beat("m", 5))).Message);
        Assert.Equal("Consumer group x not found.", (await _fixture.BeatAsync(Beat("m", 5) with { GroupId = "x" })).Message);
        Assert.Equal("Group x not found.", (await _fixture.BeatAsync(Beat("m", -1) with { GroupId = "x" })).Message);

        using var other = new CoordinatorFixture(options: new GroupCoordinatorOptions
        {
            Consumers = new() { MigrationPolicy = GroupMigrationPolicy.Disabled },
        });
        await other.StableAsync(new GroupProtocol("range", GroupHarness.Subscription("orders")));
        Assert.Contains("the online upgrade is disabled", (await other.BeatAsync(Joining("m", "orders"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Group_goes_as_soon_as_the_last_session_has_ended()
    {
        // The timer does not fire: what an administrator is told must not hang on it.
        await _fixture.BeatAsync(Joining("m", "orders"));
        var classic = await _fixture.JoinAsync(GroupHarness.JoinOf(version: 3) with { GroupId = "classic" });
        Assert.Equal([ErrorCode.NonEmptyGroup, ErrorCode.NonEmptyGroup], await _fixture.Coordinator.DeleteGroupsAsync(["group", "classic"]));
        using var late = new CoordinatorFixture(timersFire: false);
        await late.BeatAsync(Joining("m", "orders"));
        await late.JoinAsync(GroupHarness.JoinOf(version: 3) with { GroupId = "classic" });
        late.Time.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal([ErrorCode.None, ErrorCode.None], await late.Coordinator.DeleteGroupsAsync(["group", "classic"]));
        Assert.Empty(late.Coordinator.List([], []));
        late.Crash();
        Assert.Empty(late.Coordinator.List([], []));
        Assert.Equal(1, classic.GenerationId);
    }

    [Fact]
    public async Task Slow_disk_of_one_group_holds_up_no_other()
    {
        var member = await _fixture.StableAsync();
        _fixture.Disk.HoldWrites();
        Task<ErrorCode[]> slow = Task.Run(() => _fixture.Coordinator.CommitOffsetsAsync(new CommitCommand
        {
            GroupId = "slow",
            MemberId = "",
            GenerationId = -1,
            Offsets = [new OffsetToCommit(CoordinatorFixture.Orders(0), 1, -1, null)],
        }).AsTask());
        await Support.Eventually.TrueAsync(() => _fixture.Disk.HeldWrites > 0, "a write that is held");

        Task<(ErrorCode, int, GroupState)> others = Task.Run(() => (
            _fixture.Heartbeat(member),
            _fixture.Coordinator.FetchOffsets("group", null, false).Offsets.Count,
            _fixture.Coordinator.Describe("group").State));

        Assert.Equal((ErrorCode.None, 0, GroupState.Stable), await others.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.False(slow.IsCompleted);
        _fixture.Disk.Release();
        Assert.Equal([ErrorCode.None], await slow);
    }

    [Fact]
    public async Task Heartbeat_is_answered_once_its_records_are_on_the_disk()
    {
        using var fixture = new CoordinatorFixture(fsyncs: true);
        fixture.Disk.HoldFlushes();

        Task<ConsumerHeartbeatResult> joining = fixture.BeatAsync(Joining("m", "orders"));

        Assert.False(joining.IsCompleted);
        fixture.Disk.Release();
        Assert.Equal((ErrorCode.None, 2), Short(await joining));
    }

    [Fact]
    public async Task Commits_and_groups_of_a_deleted_topic_go()
    {
        await _fixture.BeatAsync(Joining("m", "orders"));
        await CommitAsync("m", 2, 7);

        Assert.Equal(ErrorCode.GroupSubscribedToTopic, Assert.Single(
            (await _fixture.Coordinator.DeleteOffsetsAsync("group", [CoordinatorFixture.Orders(0)])).PartitionErrors));
        _fixture.Store.DeleteTopic("orders");

        await Support.Eventually.TrueAsync(() => _fixture.Coordinator.FetchOffsets("group", null, false).Offsets.Count == 0, "the offsets go");
        Assert.Equal((ErrorCode.None, 2), Short(await _fixture.BeatAsync(Beat("m", 2))));
        Assert.Equal(3, _fixture.Coordinator.DescribeConsumers("group").GroupEpoch);
    }

    private static (ErrorCode, int) Short(ConsumerHeartbeatResult result) => (result.Error, result.MemberEpoch);

    private (string GroupId, string ProtocolType, GroupState State, GroupKind Kind) Listed()
    {
        GroupListing listing = Assert.Single(_fixture.Coordinator.List([], []));
        return (listing.GroupId, listing.ProtocolType, listing.State, listing.Kind);
    }

    /// <summary>A classic group of one consumer that has all of "orders".</summary>
    private async Task<(string Id, int Generation)> ClassicAsync()
    {
        JoinResult joined = await _fixture.JoinAsync(Classic("", -1) with { ApiVersion = 3 });
        byte[] everything = ConsumerProtocol.WriteAssignment(1, Enumerable.Range(0, 4).Select(CoordinatorFixture.Orders));
        await _fixture.SyncAsync(joined.MemberId, joined.GenerationId, new MemberAssignment(joined.MemberId, everything));
        return (joined.MemberId, joined.GenerationId);
    }

    private static JoinCommand Classic(string memberId, int generation, params int[] owned)
    {
        using var writer = new WireWriter();
        writer.WriteInt16(2);
        writer.WriteInt32(1);
        writer.WriteNullableString("orders");
        writer.WriteInt32(-1);
        writer.WriteInt32(1);
        writer.WriteNullableString("orders");
        writer.WriteInt32(owned.Length);
        Array.ForEach(owned, writer.WriteInt32);
        writer.WriteInt32(generation);
        return GroupHarness.JoinOf(memberId, protocols: new GroupProtocol("cooperative-sticky", writer.Written.ToArray()));
    }

    private Task<ErrorCode[]> CommitAsync(string memberId, int epoch, long offset) => _fixture.Coordinator.CommitOffsetsAsync(
        CoordinatorFixture.CommitOf((memberId, epoch), (CoordinatorFixture.Orders(0), offset)) with { ApiVersion = 9 }).AsTask();

    private void Restart(bool crash)
    {
        if (crash)
        {
            _fixture.Crash();
        }
        else
        {
            _fixture.Restart();
        }
    }
}
