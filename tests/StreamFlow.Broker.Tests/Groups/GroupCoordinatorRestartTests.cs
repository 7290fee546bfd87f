using StreamFlow.Broker.Groups;
using static StreamFlow.Broker.Tests.Groups.CoordinatorFixture;
using static StreamFlow.Broker.Tests.Groups.GroupHarness;

namespace StreamFlow.Broker.Tests.Groups;

public sealed class GroupCoordinatorRestartTests : IDisposable
{
    private readonly CoordinatorFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restart_members_go_on_in_their_generation(bool crash)
    {
        var member = await _fixture.StableAsync(ProtocolOf("range", "topics"));
        await _fixture.CommitAsync(member, (Orders(0), 11));

        Restart(crash);

        GroupDescription group = _fixture.Coordinator.Describe("group");
        Assert.Equal((GroupState.Stable, "consumer", "range"), (group.State, group.ProtocolType, group.ProtocolName));
        Assert.Equal("topics"u8.ToArray(), Assert.Single(group.Members).Metadata);
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat(member));
        Assert.Equal([ErrorCode.None], await _fixture.CommitAsync(member, (Orders(0), 12)));
        Assert.Equal("mine"u8.ToArray(), (await _fixture.SyncAsync(member.Id, member.Generation)).Assignment);
        Assert.Equal(12, _fixture.Fetch(Orders(0)).Offset);
    }

    [Fact]
    public async Task Restart_members_get_a_fresh_session()
    {
        var member = await _fixture.StableAsync();
        _fixture.Time.Advance(TimeSpan.FromMilliseconds(SessionMs - 1));
        _fixture.Restart();

        _fixture.Time.Advance(TimeSpan.FromMilliseconds(SessionMs - 1));
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat(member));
        _fixture.Time.Advance(TimeSpan.FromMilliseconds(SessionMs));

        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Heartbeat(member));
    }

    [Fact]
    public async Task Restart_static_member_can_be_replaced_without_a_rebalance()
    {
        JoinResult joined = await _fixture.JoinAsync(JoinOf(instanceId: "i"));
        await _fixture.SyncAsync(joined.MemberId, 1, new MemberAssignment(joined.MemberId, [5]));
        JoinResult replaced = await _fixture.JoinAsync(JoinOf(instanceId: "i"));

        Restart(crash: true);

        Assert.Equal(
            ErrorCode.FencedInstanceId,
            _fixture.Coordinator.Heartbeat(new HeartbeatCommand("group", 1, joined.MemberId, "i")));
        Assert.Equal(ErrorCode.None, _fixture.Heartbeat((replaced.MemberId, 1)));
        JoinResult again = await _fixture.JoinAsync(JoinOf(instanceId: "i", version: 9));
        Assert.Equal((1, true), (again.GenerationId, again.SkipAssignment));
        Assert.Equal([5], (await _fixture.SyncAsync(again.MemberId, 1)).Assignment);
    }

    [Fact]
    public async Task Restart_during_a_rebalance_returns_to_the_last_stable_generation()
    {
        var member = await _fixture.StableAsync();
        _ = _fixture.JoinAsync(JoinOf(version: 3));
        JoinResult second = await _fixture.JoinAsync(JoinOf(member.Id));
        Assert.Equal(2, second.GenerationId);

        Restart(crash: true);

        Assert.Equal(ErrorCode.IllegalGeneration, _fixture.Heartbeat((member.Id, 2)));
        Assert.Equal(2, (await _fixture.JoinAsync(JoinOf(member.Id))).GenerationId);
    }

    [Fact]
    public async Task Restart_empty_group_keeps_its_generation_and_offsets()
    {
        var member = await _fixture.StableAsync();
        await _fixture.CommitAsync(member, (Orders(2), 8));
        _fixture.Coordinator.Leave("group", [new(member.Id, null)]);

        Restart(crash: true);

        Assert.Equal(GroupState.Empty, _fixture.Coordinator.Describe("group").State);
        Assert.Equal("consumer", _fixture.Coordinator.Describe("group").ProtocolType);
        Assert.Equal(8, _fixture.Fetch(Orders(2)).Offset);
        Assert.Equal(3, (await _fixture.JoinAsync(JoinOf(version: 3))).GenerationId);
    }

    [Fact]
    public async Task Restart_the_last_commit_in_the_log_wins_over_thousands_before_it()
    {
        for (int i = 0; i <= 5_000; i++)
        {
            await _fixture.CommitAsync((Orders(i % 4), i));
        }

        Restart(crash: true);

        Assert.Equal([5_000L, 4_997, 4_998, 4_999], Enumerable.Range(0, 4).Select(p => _fixture.Fetch(Orders(p)).Offset));
    }

    [Fact]
    public void Open_unreadable_record_names_its_offset()
    {
        var batch = new RecordBatchBuilder();
        batch.Add(StartUnixMs, [0, 2, 0, 1, (byte)'g'], [0, 99]);
        _fixture.Store.GetPartition(GroupCoordinator.TopicName, 0)!.Append(
            batch.Build(), StreamFlow.Broker.Storage.AppendOrigin.Coordinator);

        InvalidDataException thrown = Assert.Throws<InvalidDataException>(
            () => GroupCoordinator.Open(_fixture.Store, _fixture.Options, _fixture.Time));

        Assert.Contains("offset 0", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("version 99", thrown.Message, StringComparison.Ordinal);
    }

    /// <summary>After trouble with the disk another coordinator takes its place, on the same store, which lives on.</summary>
    [Fact]
    public void One_that_another_takes_the_place_of_is_not_kept_by_the_store()
    {
        WeakReference former = OpenAndDispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(former.IsAlive);
        Assert.NotNull(_fixture.Store.GetTopic(GroupCoordinator.TopicName));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private WeakReference OpenAndDispose()
    {
        using GroupCoordinator coordinator = GroupCoordinator.Open(_fixture.Store, _fixture.Options, TimeProvider.System);
        return new WeakReference(coordinator);
    }

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
