using System.Text;
using StreamFlow.Broker.Groups;
using static StreamFlow.Broker.Tests.Groups.GroupHarness;

namespace StreamFlow.Broker.Tests.Groups;

public sealed class GroupSyncTests
{
    private readonly GroupHarness _group = new();

    [Fact]
    public void Sync_followers_wait_for_the_leader_and_all_get_its_assignment()
    {
        string[] ids = _group.Stable(2);
        _group.Join(JoinOf(ids[0]));
        _group.Join(JoinOf(ids[1]));
        long follower = _group.Sync(ids[1], _group.Group.Generation);
        Assert.True(_group.IsParked(follower));

        long leader = _group.Sync(
            ids[0], _group.Group.Generation, new(ids[0], "A"u8.ToArray()), new(ids[1], "B"u8.ToArray()));

        Assert.Equal("A"u8.ToArray(), _group.SyncAnswer(leader).Assignment);
        Assert.Equal("B"u8.ToArray(), _group.SyncAnswer(follower).Assignment);
        Assert.Equal(("consumer", "range"),
            (_group.SyncAnswer(follower).ProtocolType, _group.SyncAnswer(follower).ProtocolName));
        Assert.Equal(GroupState.Stable, _group.Group.State);
    }

    [Fact]
    public void Sync_member_without_an_assignment_gets_an_empty_one()
    {
        string[] ids = _group.Stable(2);
        _group.Join(JoinOf(ids[0]));
        _group.Join(JoinOf(ids[1]));
        _group.Sync(ids[0], _group.Group.Generation, new MemberAssignment(ids[0], [1]));

        long follower = _group.Sync(ids[1], _group.Group.Generation);

        Assert.Equal(ErrorCode.None, _group.SyncAnswer(follower).Error);
        Assert.Empty(_group.SyncAnswer(follower).Assignment);
    }

    [Fact]
    public void Sync_persists_members_and_assignments_before_any_reply()
    {
        (string id, _) = _group.Enter();
        _group.Group.Sync(
            new SyncCommand { GroupId = "group", GenerationId = 1, MemberId = id, Assignments = [new(id, [7])] },
            99,
            _group.Now);

        IReadOnlyList<GroupEffect> effects = _group.Group.TakeEffects();

        GroupSnapshot stored = Assert.IsType<PersistGroup>(effects[0]).Snapshot;
        Assert.IsType<SyncReply>(effects[1]);
        Assert.Equal((1, id, "range"), (stored.Generation, stored.Leader, stored.ProtocolName));
        Assert.Equal([7], Assert.Single(stored.Members).Assignment);
    }

    [Fact]
    public void Sync_stable_returns_the_stored_assignment()
    {
        string[] ids = _group.Stable(2);

        long again = _group.Sync(ids[1], _group.Group.Generation);

        Assert.Equal(ids[1], Encoding.UTF8.GetString(_group.SyncAnswer(again).Assignment));
    }

    [Fact]
    public void Sync_during_a_rebalance_is_told_to_rejoin()
    {
        string[] ids = _group.Stable(2);
        _group.Join(JoinOf(ids[0]));

        long sync = _group.Sync(ids[1], _group.Group.Generation);

        Assert.Equal(ErrorCode.RebalanceInProgress, _group.SyncAnswer(sync).Error);
    }

    [Fact]
    public void Sync_wrong_member_generation_or_protocol_is_refused()
    {
        string[] ids = _group.Stable(1);
        int generation = _group.Group.Generation;
        SyncCommand good = new() { GroupId = "group", GenerationId = generation, MemberId = ids[0], Assignments = [] };

        Assert.Equal(ErrorCode.UnknownMemberId, Error(good with { MemberId = "stranger" }));
        Assert.Equal(ErrorCode.IllegalGeneration, Error(good with { GenerationId = generation - 1 }));
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, Error(good with { ProtocolType = "connect" }));
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, Error(good with { ProtocolName = "sticky" }));
        Assert.Equal(ErrorCode.None, Error(good with { ProtocolType = "consumer", ProtocolName = "range" }));
    }

    [Fact]
    public void Sync_empty_group_knows_nobody() =>
        Assert.Equal(ErrorCode.UnknownMemberId, _group.SyncAnswer(_group.Sync("stranger", 0)).Error);

    [Fact]
    public void Sync_sent_twice_answers_the_first_one_too()
    {
        string[] ids = _group.Stable(2);
        _group.Join(JoinOf(ids[0]));
        _group.Join(JoinOf(ids[1]));
        long first = _group.Sync(ids[1], _group.Group.Generation);

        _group.Sync(ids[1], _group.Group.Generation);

        Assert.Equal(ErrorCode.RebalanceInProgress, _group.SyncAnswer(first).Error);
    }

    [Fact]
    public void Heartbeat_answers_by_state()
    {
        string[] ids = _group.Stable(2);
        Assert.Equal(ErrorCode.None, _group.Heartbeat(ids[1]));

        _group.Join(JoinOf(ids[0]));
        Assert.Equal(ErrorCode.RebalanceInProgress, _group.Heartbeat(ids[1]));

        _group.Join(JoinOf(ids[1]));
        Assert.Equal(GroupState.CompletingRebalance, _group.Group.State);
        Assert.Equal(ErrorCode.None, _group.Heartbeat(ids[1]));
    }

    [Fact]
    public void Heartbeat_wrong_member_or_generation_is_refused()
    {
        string[] ids = _group.Stable(1);

        Assert.Equal(ErrorCode.UnknownMemberId, _group.Heartbeat("stranger"));
        Assert.Equal(ErrorCode.IllegalGeneration, _group.Heartbeat(ids[0], _group.Group.Generation + 1));
        _group.Close();
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Heartbeat(ids[0]));
    }

    [Fact]
    public void Leave_member_gets_its_parked_join_answered_and_the_others_rebalance()
    {
        string[] ids = _group.Stable(3);
        long leaving = _group.Join(JoinOf(ids[0]));
        long staying = _group.Join(JoinOf(ids[1]));
        _group.Join(JoinOf(ids[2]));
        _group.SyncAll(ids);
        leaving = _group.Join(JoinOf(ids[0]));
        staying = _group.Join(JoinOf(ids[1]));

        Assert.Equal(ErrorCode.None, _group.Leave(ids[0]));
        Assert.Equal(ErrorCode.None, _group.Leave(ids[2]));

        Assert.Equal(ErrorCode.UnknownMemberId, _group.JoinAnswer(leaving).Error);
        Assert.Equal(ids[1], _group.JoinAnswer(staying).Leader);
    }

    [Fact]
    public void Leave_pending_id_is_just_forgotten()
    {
        string[] ids = _group.Stable(1);
        string pending = _group.JoinNow(JoinOf()).MemberId;

        Assert.Equal(ErrorCode.None, _group.Leave(pending));

        Assert.Equal(ErrorCode.UnknownMemberId, _group.JoinNow(JoinOf(pending)).Error);
        Assert.Equal(ErrorCode.None, _group.Heartbeat(ids[0]));
    }

    [Fact]
    public void Leave_stranger_is_unknown() =>
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Leave("stranger"));

    [Theory]
    [InlineData(GroupState.Empty, -1, ErrorCode.None)]
    [InlineData(GroupState.Empty, 0, ErrorCode.UnknownMemberId)]
    [InlineData(GroupState.PreparingRebalance, 2, ErrorCode.None)]
    [InlineData(GroupState.CompletingRebalance, 3, ErrorCode.RebalanceInProgress)]
    [InlineData(GroupState.Stable, 2, ErrorCode.None)]
    [InlineData(GroupState.Stable, 1, ErrorCode.IllegalGeneration)]
    [InlineData(GroupState.Dead, 2, ErrorCode.CoordinatorNotAvailable)]
    internal void AdmitCommit_of_a_member_depends_on_state_and_generation(
        GroupState state, int generation, ErrorCode expected)
    {
        string id = Reach(state);

        Assert.Equal(expected, _group.Commit(id, generation));
    }

    [Fact]
    public void AdmitCommit_without_membership_passes_only_an_empty_group()
    {
        Assert.Equal(ErrorCode.None, _group.Commit("", -1));
        _group.Stable(1);
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Commit("", -1));
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Commit("stranger", -1));
    }

    [Fact]
    public void AdmitCommit_transactional_passes_without_membership_and_during_a_rebalance_but_is_fenced()
    {
        string id = Reach(GroupState.CompletingRebalance);

        Assert.Equal(ErrorCode.None, _group.Commit("", -1, isTransactional: true));
        Assert.Equal(ErrorCode.None, _group.Commit(id, 3, isTransactional: true));
        Assert.Equal(ErrorCode.IllegalGeneration, _group.Commit(id, 2, isTransactional: true));
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Commit("stranger", 3, isTransactional: true));
    }

    [Fact]
    public void AdmitCommit_counts_as_a_sign_of_life()
    {
        string id = _group.Stable(1)[0];
        _group.Advance(SessionMs - 1);
        _group.Commit(id, 1);
        _group.Advance(SessionMs - 1);

        Assert.Equal(ErrorCode.None, _group.Heartbeat(id));
    }

    private ErrorCode Error(SyncCommand command) => _group.SyncAnswer(_group.Sync(command)).Error;

    /// <summary>Brings a group of two, in generation 2 once stable, into a state; the second member is returned.</summary>
    private string Reach(GroupState state)
    {
        if (state == GroupState.Empty)
        {
            return "";
        }

        string[] ids = _group.Stable(2);
        Assert.Equal(2, _group.Group.Generation);
        if (state is GroupState.PreparingRebalance or GroupState.CompletingRebalance)
        {
            _group.Join(JoinOf(ids[0]));
        }

        if (state == GroupState.CompletingRebalance)
        {
            _group.Join(JoinOf(ids[1]));
        }

        if (state == GroupState.Dead)
        {
            _group.Close();
        }

        Assert.Equal(state, _group.Group.State);
        return ids[1];
    }
}
