using StreamFlow.Broker.Groups;
using static StreamFlow.Broker.Tests.Groups.GroupHarness;

namespace StreamFlow.Broker.Tests.Groups;

public sealed class GroupRebalanceTests
{
    private readonly GroupHarness _group = new();

    [Fact]
    public void Rebalance_waits_for_every_member_to_join()
    {
        string[] ids = _group.Stable(3);
        long first = _group.Join(JoinOf(ids[0]));
        long second = _group.Join(JoinOf(ids[1]));
        Assert.True(_group.IsParked(first));

        long third = _group.Join(JoinOf(ids[2]));

        int generation = _group.Group.Generation;
        Assert.All([first, second, third], request => Assert.Equal(generation, _group.JoinAnswer(request).GenerationId));
    }

    [Fact]
    public void Rebalance_drops_dynamic_members_that_did_not_rejoin_in_time()
    {
        string[] ids = _group.Stable(2);
        long request = _group.Join(JoinOf(ids[0]));
        KeepAlive(ids[1], RebalanceMs - 1);
        Assert.True(_group.IsParked(request));

        _group.Advance(1);

        Assert.Single(_group.JoinAnswer(request).Members);
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Heartbeat(ids[1]));
    }

    [Fact]
    public void Rebalance_without_its_leader_elects_a_member_that_joined()
    {
        string[] ids = _group.Stable(2);
        long request = _group.Join(JoinOf(ids[1], protocols: [ProtocolOf("range", "changed")]));

        _group.Advance(RebalanceMs);

        Assert.Equal(ids[1], _group.JoinAnswer(request).Leader);
    }

    [Fact]
    public void Rebalance_generation_rises_by_one_each_time_also_when_the_group_empties()
    {
        string[] ids = _group.Stable(1);
        Assert.Equal(1, _group.Group.Generation);

        _group.Leave(ids[0]);

        Assert.Equal((GroupState.Empty, 2), (_group.Group.State, _group.Group.Generation));
        Assert.Null(_group.Group.ProtocolName);
    }

    [Fact]
    public void Rebalance_emptied_group_is_persisted_without_members()
    {
        string[] ids = _group.Stable(1);

        _group.Leave(ids[0]);

        Assert.Empty(_group.Persisted[^1].Members);
        Assert.Equal(2, _group.Persisted[^1].Generation);
        Assert.Equal("consumer", _group.Persisted[^1].ProtocolType);
    }

    [Fact]
    public void Rebalance_initial_delay_is_not_cut_short_by_joins()
    {
        GroupHarness group = WithDelay(3_000);
        (_, long first) = group.Enter();
        (_, long second) = group.Enter();
        group.Advance(2_999);
        Assert.True(group.IsParked(first));

        group.Advance(1);
        Assert.True(group.IsParked(first));
        group.Advance(3_000);

        Assert.Equal(1, group.JoinAnswer(first).GenerationId);
        Assert.Equal(1, group.JoinAnswer(second).GenerationId);
    }

    [Fact]
    public void Rebalance_initial_delay_without_newcomers_is_not_repeated()
    {
        GroupHarness group = WithDelay(3_000);
        (_, long request) = group.Enter();

        group.Advance(3_000);

        Assert.Equal(1, group.JoinAnswer(request).GenerationId);
    }

    [Fact]
    public void Rebalance_initial_delay_never_exceeds_the_rebalance_timeout()
    {
        GroupHarness group = WithDelay(3_000);
        string id = group.JoinNow(JoinOf(rebalanceMs: 7_000)).MemberId;
        long request = group.Join(JoinOf(id, rebalanceMs: 7_000));
        for (int i = 0; i < 6; i++)
        {
            group.Advance(1_000);
            group.Enter();
        }

        group.Advance(999);
        Assert.True(group.IsParked(request));
        group.Advance(1);

        Assert.Equal(7, group.JoinAnswer(request).Members.Count);
    }

    [Fact]
    public void Rebalance_answers_parked_syncs_and_suspends_no_session()
    {
        string[] ids = _group.Stable(2);
        _group.Join(JoinOf(ids[0]));
        _group.Join(JoinOf(ids[1]));
        long sync = _group.Sync(ids[1], _group.Group.Generation);

        _group.Join(JoinOf(ids[0], protocols: [ProtocolOf("range", "changed")]));

        Assert.Equal(ErrorCode.RebalanceInProgress, _group.SyncAnswer(sync).Error);
        _group.Advance(SessionMs);
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Heartbeat(ids[1]));
    }

    [Fact]
    public void Rebalance_static_members_that_did_not_rejoin_stay_until_their_session_ends()
    {
        string dynamicId = _group.Stable(1)[0];
        long entered = _group.Join(JoinOf(instanceId: "i", sessionMs: 600_000));
        _group.Join(JoinOf(dynamicId));
        string staticId = _group.JoinAnswer(entered).MemberId;
        _group.SyncAll(dynamicId, staticId);

        long request = _group.Join(JoinOf(dynamicId));
        _group.Advance(RebalanceMs);

        JoinResult result = _group.JoinAnswer(request);
        Assert.Equal([dynamicId, staticId], result.Members.Select(member => member.MemberId));
        Assert.Equal("m"u8.ToArray(), result.Members[1].Metadata);
    }

    [Fact]
    public void Rebalance_with_only_absent_static_members_waits_again()
    {
        string first = _group.JoinNow(JoinOf(instanceId: "a", sessionMs: 600_000)).MemberId;
        long second = _group.Join(JoinOf(instanceId: "b", sessionMs: 600_000));
        _group.Join(JoinOf(first, "a", sessionMs: 600_000));
        int generation = _group.Group.Generation;
        _group.SyncAll(first, _group.JoinAnswer(second).MemberId);
        string third = _group.JoinNow(JoinOf()).MemberId;
        _group.Join(JoinOf(third));
        _group.Leave(third);

        _group.Advance(2 * RebalanceMs);

        Assert.Equal((GroupState.PreparingRebalance, generation), (_group.Group.State, _group.Group.Generation));
        long rejoined = _group.Join(JoinOf(first, "a", sessionMs: 600_000));
        _group.Advance(RebalanceMs);
        Assert.Equal(generation + 1, _group.JoinAnswer(rejoined).GenerationId);
    }

    [Fact]
    public void Tick_members_that_never_sync_are_removed_after_the_rebalance_timeout()
    {
        string[] ids = _group.Stable(2);
        _group.Join(JoinOf(ids[0]));
        _group.Join(JoinOf(ids[1]));
        long sync = _group.Sync(ids[1], _group.Group.Generation);
        KeepAlive(ids[0], RebalanceMs - 1);
        Assert.True(_group.IsParked(sync));

        _group.Advance(1);

        Assert.Equal(ErrorCode.RebalanceInProgress, _group.SyncAnswer(sync).Error);
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Heartbeat(ids[0]));
        Assert.Equal(4, _group.JoinNow(JoinOf(ids[1])).GenerationId);
    }

    [Fact]
    public void Tick_silent_member_is_removed_when_its_session_ends()
    {
        string[] ids = _group.Stable(2);
        _group.Advance(SessionMs / 2);
        _group.Heartbeat(ids[0]);

        _group.Advance(SessionMs / 2);

        Assert.Equal(ErrorCode.UnknownMemberId, _group.Heartbeat(ids[1]));
        Assert.Equal(ErrorCode.RebalanceInProgress, _group.Heartbeat(ids[0]));
    }

    [Fact]
    public void Tick_session_is_suspended_while_a_join_is_parked_and_restarts_when_it_is_answered()
    {
        string[] ids = _group.Stable(2);
        long request = _group.Join(JoinOf(ids[0]));
        KeepAlive(ids[1], 3 * SessionMs);
        Assert.True(_group.IsParked(request));

        _group.Join(JoinOf(ids[1]));
        _group.Advance(SessionMs - 1);

        Assert.Equal(ErrorCode.None, _group.Heartbeat(ids[0]));
    }

    [Fact]
    public void Tick_newcomer_waits_for_its_first_join_no_longer_than_five_minutes()
    {
        string[] ids = _group.Stable(1);
        JoinCommand slow = JoinOf(ids[0], rebalanceMs: 3_600_000, protocols: [ProtocolOf("range", "changed")]);
        _group.JoinNow(slow);
        _group.SyncAll(ids[0]);
        string newId = _group.JoinNow(JoinOf()).MemberId;
        long request = _group.Join(JoinOf(newId));

        KeepAlive(ids[0], (5 * 60_000) - 1);
        Assert.True(_group.IsParked(request));
        _group.Advance(1);

        Assert.Equal(ErrorCode.UnknownMemberId, _group.JoinAnswer(request).Error);
    }

    [Fact]
    public void Abandon_parked_join_keeps_the_member_until_its_session_ends()
    {
        string[] ids = _group.Stable(2);
        long request = _group.Join(JoinOf(ids[0]));
        _group.Abandon(request);
        _group.Join(JoinOf(ids[1]));

        _group.Advance(SessionMs - 1);
        Assert.Equal(ErrorCode.RebalanceInProgress, _group.Heartbeat(ids[0]));

        Assert.True(_group.IsParked(request));
        long again = _group.Join(JoinOf(ids[0]));
        Assert.Equal(2, _group.JoinAnswer(again).Members.Count);
    }

    [Fact]
    public void Abandon_member_that_does_not_come_back_is_removed()
    {
        string[] ids = _group.Stable(2);
        _group.Abandon(_group.Join(JoinOf(ids[0])));
        long other = _group.Join(JoinOf(ids[1]));

        _group.Advance(SessionMs);

        Assert.Single(_group.JoinAnswer(other).Members);
    }

    [Fact]
    public void Abandon_newcomer_is_removed_at_once_and_the_others_need_not_wait_for_it()
    {
        string[] ids = _group.Stable(2);
        (string newcomer, long request) = _group.Enter();
        long first = _group.Join(JoinOf(ids[0]));

        _group.Abandon(request);

        Assert.Equal(ErrorCode.UnknownMemberId, _group.Heartbeat(newcomer));
        Assert.True(_group.IsParked(first));
        _group.Join(JoinOf(ids[1]));
        Assert.Equal(2, _group.JoinAnswer(first).Members.Count);
    }

    [Fact]
    public void Close_answers_everything_parked()
    {
        string[] ids = _group.Stable(2);
        long join = _group.Join(JoinOf(ids[0]));

        _group.Close();

        Assert.Equal(ErrorCode.CoordinatorNotAvailable, _group.JoinAnswer(join).Error);
        Assert.Equal(long.MaxValue, _group.Group.NextDeadline());
    }

    [Fact]
    public void Close_answers_parked_syncs()
    {
        string[] ids = _group.Stable(2);
        _group.Join(JoinOf(ids[0]));
        _group.Join(JoinOf(ids[1]));
        long sync = _group.Sync(ids[1], _group.Group.Generation);

        _group.Close();

        Assert.Equal(ErrorCode.CoordinatorNotAvailable, _group.SyncAnswer(sync).Error);
    }

    private static GroupHarness WithDelay(int ms) =>
        new(new GroupCoordinatorOptions { InitialRebalanceDelay = TimeSpan.FromMilliseconds(ms) });

    private void KeepAlive(string id, long ms)
    {
        long end = _group.TimeMs + ms;
        while (_group.TimeMs < end)
        {
            _group.Advance(Math.Min(1_000, end - _group.TimeMs));
            _group.Heartbeat(id);
        }
    }
}
