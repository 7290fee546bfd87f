using StreamFlow.Broker.Groups;
using static StreamFlow.Broker.Tests.Groups.CoordinatorFixture;
using static StreamFlow.Broker.Tests.Groups.GroupHarness;

namespace StreamFlow.Broker.Tests.Groups;

public sealed class GroupCoordinatorTests : IDisposable
{
    private readonly CoordinatorFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Calls_without_a_group_id_are_refused()
    {
        GroupCoordinator coordinator = _fixture.Coordinator;

        Assert.Equal(ErrorCode.InvalidGroupId, (await _fixture.JoinAsync(JoinOf() with { GroupId = "" })).Error);
        Assert.Equal(
            ErrorCode.InvalidGroupId,
            (await coordinator.SyncAsync(SyncOf("m", 1) with { GroupId = "" }, CancellationToken.None)).Error);
        Assert.Equal(ErrorCode.InvalidGroupId, coordinator.Heartbeat(new HeartbeatCommand("", 1, "m", null)));
        Assert.Equal(ErrorCode.InvalidGroupId, coordinator.Leave("", []).Error);
    }

    [Theory]
    [InlineData(5_999, ErrorCode.InvalidSessionTimeout)]
    [InlineData(6_000, ErrorCode.MemberIdRequired)]
    [InlineData(1_800_000, ErrorCode.MemberIdRequired)]
    [InlineData(1_800_001, ErrorCode.InvalidSessionTimeout)]
    internal async Task JoinAsync_session_timeout_must_be_within_the_limits(int sessionMs, ErrorCode expected) =>
        Assert.Equal(expected, (await _fixture.JoinAsync(JoinOf(sessionMs: sessionMs))).Error);

    [Fact]
    public async Task JoinAsync_names_too_long_to_store_are_refused()
    {
        JoinCommand command = JoinOf(instanceId: new string('i', short.MaxValue));

        Assert.Equal(ErrorCode.InvalidRequest, (await _fixture.JoinAsync(command)).Error);
    }

    [Fact]
    public async Task Unknown_group_is_answered_as_the_protocol_says()
    {
        GroupCoordinator coordinator = _fixture.Coordinator;

        Assert.Equal(ErrorCode.UnknownMemberId, (await _fixture.JoinAsync(JoinOf("member"))).Error);
        Assert.Equal(ErrorCode.UnknownMemberId, (await _fixture.SyncAsync("member", 1)).Error);
        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Heartbeat(("member", 1)));
        LeaveResult left = coordinator.Leave("group", [new("a", null), new("b", null)]);
        Assert.Equal(ErrorCode.None, left.Error);
        Assert.Equal([ErrorCode.UnknownMemberId, ErrorCode.UnknownMemberId], left.MemberErrors);
        Assert.Equal([ErrorCode.IllegalGeneration], await _fixture.CommitAsync(("member", 0), (Orders(0), 1)));
        Assert.Empty(coordinator.List([], []));
        Assert.Equal(GroupState.Dead, coordinator.Describe("group").State);
        Assert.Equal(ErrorCode.GroupIdNotFound, coordinator.Describe("group").Error);
        Assert.Equal("Group group not found.", coordinator.Describe("group").Message);
    }

    [Fact]
    public async Task Members_go_through_a_rebalance_and_leave()
    {
        var first = await _fixture.StableAsync();
        Task<JoinResult> second = _fixture.JoinAsync(JoinOf(version: 3));
        Assert.Equal(ErrorCode.RebalanceInProgress, _fixture.Heartbeat(first));
        JoinResult leader = await _fixture.JoinAsync(JoinOf(first.Id));
        JoinResult follower = await second;
        Assert.Equal((2, first.Id), (follower.GenerationId, follower.Leader));
        Task<SyncResult> waiting = _fixture.SyncAsync(follower.MemberId, 2);
        Assert.False(waiting.IsCompleted);

        await _fixture.SyncAsync(first.Id, 2, new MemberAssignment(follower.MemberId, [9]));

        Assert.Equal([9], (await waiting).Assignment);
        Assert.Equal(2, leader.Members.Count);
        LeaveResult left = _fixture.Coordinator.Leave("group", [new(first.Id, null), new(follower.MemberId, null)]);
        Assert.Equal([ErrorCode.None, ErrorCode.None], left.MemberErrors);
        Assert.Equal(GroupState.Empty, _fixture.Coordinator.Describe("group").State);
    }

    [Fact]
    public async Task JoinAsync_connection_gone_cancels_the_wait_and_keeps_the_member()
    {
        var member = await _fixture.StableAsync();
        Task<JoinResult> follower = _fixture.JoinAsync(JoinOf(version: 3));
        int generation = (await _fixture.JoinAsync(JoinOf(member.Id))).GenerationId;
        await follower;
        await _fixture.SyncAsync(member.Id, generation);
        using var connection = new CancellationTokenSource();
        Task<JoinResult> parked = _fixture.Coordinator.JoinAsync(JoinOf(member.Id), connection.Token).AsTask();

        await connection.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => parked);
        _fixture.Time.Advance(TimeSpan.FromMilliseconds(SessionMs - 1));
        Assert.Equal(ErrorCode.RebalanceInProgress, _fixture.Heartbeat((member.Id, generation)));
    }

    [Fact]
    public async Task JoinAsync_connection_of_a_newcomer_gone_lets_the_others_go_on()
    {
        var member = await _fixture.StableAsync();
        using var connection = new CancellationTokenSource();
        Task<JoinResult> parked = _fixture.Coordinator.JoinAsync(JoinOf(version: 3), connection.Token).AsTask();

        await connection.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => parked);
        Assert.Single((await _fixture.JoinAsync(JoinOf(member.Id))).Members);
    }

    [Fact]
    public async Task JoinAsync_connection_already_gone_does_not_wait()
    {
        await _fixture.StableAsync();

        ValueTask<JoinResult> join = _fixture.Coordinator.JoinAsync(JoinOf(version: 3), new CancellationToken(true));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => join.AsTask());
    }

    [Fact]
    public async Task Stop_answers_everything_parked_and_refuses_what_comes_later()
    {
        var member = await _fixture.StableAsync();
        Task<JoinResult> parked = _fixture.JoinAsync(JoinOf(version: 3));

        _fixture.Coordinator.Stop();

        Assert.Equal(ErrorCode.CoordinatorNotAvailable, (await parked).Error);
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, (await _fixture.JoinAsync(JoinOf())).Error);
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, (await _fixture.SyncAsync(member.Id, 1)).Error);
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, _fixture.Heartbeat(member));
        Assert.Equal([ErrorCode.CoordinatorNotAvailable], await _fixture.CommitAsync(member, (Orders(0), 1)));
        Assert.Equal(
            ErrorCode.CoordinatorNotAvailable, _fixture.Coordinator.FetchOffsets("group", null, false).Error);
    }

    [Fact]
    public async Task Silent_member_is_removed_by_the_timer()
    {
        var member = await _fixture.StableAsync();
        for (int i = 0; i < 5; i++)
        {
            _fixture.Time.Advance(TimeSpan.FromMilliseconds(SessionMs - 1));
            Assert.Equal(ErrorCode.None, _fixture.Heartbeat(member));
        }

        _fixture.Time.Advance(TimeSpan.FromMilliseconds(SessionMs));

        Assert.Equal(ErrorCode.UnknownMemberId, _fixture.Heartbeat(member));
        Assert.Equal(GroupState.Empty, _fixture.Coordinator.Describe("group").State);
    }

    [Fact]
    public async Task Many_members_joining_from_many_threads_form_one_generation()
    {
        const int Members = 200;
        TimeSpan delay = TimeSpan.FromSeconds(3);
        using var fixture = new CoordinatorFixture(
            options: new GroupCoordinatorOptions { InitialRebalanceDelay = delay });
        var parked = new Task<JoinResult>[Members];
        Parallel.For(0, Members, i => parked[i] = fixture.JoinAsync(JoinOf(version: 3)));

        // Those who joined meanwhile make the group wait once more.
        fixture.Time.Advance(delay);
        fixture.Time.Advance(delay);

        JoinResult[] joined = await Task.WhenAll(parked);
        Assert.All(joined, result => Assert.Equal((ErrorCode.None, 1), (result.Error, result.GenerationId)));
        JoinResult leader = Assert.Single(joined, result => result.Members.Count > 0);
        Assert.Equal(Members, leader.Members.Select(member => member.MemberId).Distinct().Count());
        Assert.All(joined, result => Assert.Equal(leader.MemberId, result.Leader));
    }

    [Fact]
    public async Task Describe_shows_metadata_and_assignment_only_when_stable()
    {
        var member = await _fixture.StableAsync(ProtocolOf("range", "topics"));

        GroupDescription stable = _fixture.Coordinator.Describe("group");
        _ = _fixture.JoinAsync(JoinOf(version: 3, protocols: ProtocolOf("range")));
        GroupDescription preparing = _fixture.Coordinator.Describe("group");

        MemberDescription shown = Assert.Single(stable.Members);
        Assert.Equal(("consumer", "range", GroupState.Stable), (stable.ProtocolType, stable.ProtocolName, stable.State));
        Assert.Equal((member.Id, "client", "/127.0.0.1"), (shown.MemberId, shown.ClientId, shown.ClientHost));
        Assert.Equal("topics"u8.ToArray(), shown.Metadata);
        Assert.Equal("mine"u8.ToArray(), shown.Assignment);
        Assert.Equal(("", GroupState.PreparingRebalance), (preparing.ProtocolName, preparing.State));
        Assert.All(preparing.Members, other => Assert.Empty(other.Metadata));
        Assert.All(preparing.Members, other => Assert.Empty(other.Assignment));
    }

    [Fact]
    public async Task List_filters_by_state_and_type_in_any_case()
    {
        await _fixture.StableAsync();
        GroupCoordinator coordinator = _fixture.Coordinator;
        var expected = new GroupListing("group", "consumer", GroupState.Stable, GroupKind.Classic);

        Assert.Equal([expected], coordinator.List([], []));
        Assert.Equal([expected], coordinator.List(["empty", "sTABLE"], ["Classic"]));
        Assert.Empty(coordinator.List(["Empty"], []));
        Assert.Empty(coordinator.List([], ["consumer"]));
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        var options = new GroupCoordinatorOptions { MinSessionTimeout = TimeSpan.FromHours(1) };

        ArgumentException thrown = Assert.Throws<ArgumentException>(options.Validate);

        Assert.Contains(nameof(GroupCoordinatorOptions.MaxSessionTimeout), thrown.Message, StringComparison.Ordinal);
    }
}
