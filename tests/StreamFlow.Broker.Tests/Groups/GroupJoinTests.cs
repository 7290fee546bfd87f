using StreamFlow.Broker.Groups;
using static StreamFlow.Broker.Tests.Groups.GroupHarness;

namespace StreamFlow.Broker.Tests.Groups;

public sealed class GroupJoinTests
{
    private readonly GroupHarness _group = new();

    [Theory]
    [InlineData(4)]
    [InlineData(9)]
    public void Join_newcomer_since_v4_is_sent_back_with_an_id(int version)
    {
        JoinResult result = _group.JoinNow(JoinOf(version: version));

        Assert.Equal(ErrorCode.MemberIdRequired, result.Error);
        Assert.Equal("client-1", result.MemberId);
        Assert.Equal(GroupState.Empty, _group.Group.State);
        Assert.Equal(0, _group.Group.MemberCount);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Join_newcomer_before_v4_is_added_at_once(int version)
    {
        JoinResult result = _group.JoinNow(JoinOf(version: version));

        Assert.Equal(ErrorCode.None, result.Error);
        Assert.Equal(1, result.GenerationId);
        Assert.Equal(result.MemberId, result.Leader);
    }

    [Fact]
    public void Join_v0_uses_the_session_timeout_as_rebalance_timeout() =>
        Assert.Equal(SessionMs, JoinOf(version: 0, rebalanceMs: 1).RebalanceTimeoutMs);

    [Fact]
    public void Join_with_the_id_handed_out_forms_the_first_generation()
    {
        (string id, long request) = _group.Enter();

        JoinResult result = _group.JoinAnswer(request);
        Assert.Equal(ErrorCode.None, result.Error);
        Assert.Equal(1, result.GenerationId);
        Assert.Equal("consumer", result.ProtocolType);
        Assert.Equal("range", result.ProtocolName);
        Assert.Equal(id, result.Leader);
        Assert.Equal(id, Assert.Single(result.Members).MemberId);
        Assert.Equal(GroupState.CompletingRebalance, _group.Group.State);
    }

    [Fact]
    public void Join_pending_id_unused_for_a_session_expires()
    {
        string id = _group.JoinNow(JoinOf()).MemberId;

        _group.Advance(SessionMs);

        Assert.Equal(ErrorCode.UnknownMemberId, _group.JoinNow(JoinOf(id)).Error);
    }

    [Fact]
    public void Join_pending_id_holds_up_a_rebalance_until_it_expires()
    {
        string[] ids = _group.Stable(2);
        _group.JoinNow(JoinOf(sessionMs: 7_000));
        long leader = _group.Join(JoinOf(ids[0]));
        long follower = _group.Join(JoinOf(ids[1]));

        _group.Advance(6_999);
        Assert.True(_group.IsParked(leader));
        _group.Advance(1);

        Assert.Equal(ErrorCode.None, _group.JoinAnswer(leader).Error);
        Assert.Equal(ErrorCode.None, _group.JoinAnswer(follower).Error);
    }

    [Fact]
    public void Join_unknown_member_id_is_refused() =>
        Assert.Equal(ErrorCode.UnknownMemberId, _group.JoinNow(JoinOf("stranger")).Error);

    [Fact]
    public void Join_full_group_refuses_newcomers_but_not_members()
    {
        var group = new GroupHarness(new GroupCoordinatorOptions { MaxGroupSize = 1 });
        string[] ids = group.Stable(1);

        Assert.Equal(ErrorCode.GroupMaxSizeReached, group.JoinNow(JoinOf()).Error);
        Assert.Equal(ErrorCode.None, group.JoinNow(JoinOf(ids[0])).Error);
    }

    [Fact]
    public void Join_other_protocol_type_is_refused_unless_the_group_is_empty()
    {
        string[] ids = _group.Stable(1);
        JoinCommand connect = JoinOf(version: 3, type: "connect");
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _group.JoinNow(connect).Error);

        _group.Leave(ids[0]);

        Assert.Equal("connect", _group.JoinNow(connect).ProtocolType);
    }

    [Fact]
    public void Join_without_a_protocol_common_to_all_is_refused()
    {
        _group.Stable(1);

        JoinCommand command = JoinOf(protocols: [ProtocolOf("sticky"), ProtocolOf("roundrobin")]);

        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _group.JoinNow(command).Error);
    }

    [Fact]
    public void Join_without_any_protocol_or_type_is_refused()
    {
        Assert.Equal(
            ErrorCode.InconsistentGroupProtocol, _group.JoinNow(JoinOf() with { Protocols = [] }).Error);
        Assert.Equal(
            ErrorCode.InconsistentGroupProtocol, _group.JoinNow(JoinOf() with { ProtocolType = "" }).Error);
    }

    [Fact]
    public void Join_dead_group_answers_not_available()
    {
        _group.Close();

        Assert.Equal(ErrorCode.CoordinatorNotAvailable, _group.JoinNow(JoinOf()).Error);
    }

    [Fact]
    public void Join_only_the_leader_learns_the_members()
    {
        (string first, _) = _group.Enter(ProtocolOf("range", "one"));
        string second = _group.JoinNow(JoinOf(protocols: [ProtocolOf("range", "two")])).MemberId;
        long follower = _group.Join(JoinOf(second, protocols: [ProtocolOf("range", "two")]));
        long leader = _group.Join(JoinOf(first, protocols: [ProtocolOf("range", "one")]));

        JoinResult toLeader = _group.JoinAnswer(leader);
        JoinResult toFollower = _group.JoinAnswer(follower);
        Assert.Equal(first, toFollower.Leader);
        Assert.Empty(toFollower.Members);
        Assert.Equal([first, second], toLeader.Members.Select(member => member.MemberId));
        Assert.Equal("two"u8.ToArray(), toLeader.Members[1].Metadata);
    }

    [Fact]
    public void Join_stable_follower_with_unchanged_metadata_gets_the_current_generation()
    {
        string[] ids = _group.Stable(2);
        int generation = _group.Group.Generation;

        JoinResult result = _group.JoinNow(JoinOf(ids[1]));

        Assert.Equal((ErrorCode.None, generation), (result.Error, result.GenerationId));
        Assert.Equal(GroupState.Stable, _group.Group.State);
    }

    [Fact]
    public void Join_stable_leader_starts_a_rebalance()
    {
        string[] ids = _group.Stable(2);

        long request = _group.Join(JoinOf(ids[0]));

        Assert.True(_group.IsParked(request));
        Assert.Equal(GroupState.PreparingRebalance, _group.Group.State);
    }

    [Fact]
    public void Join_stable_follower_with_changed_metadata_starts_a_rebalance()
    {
        string[] ids = _group.Stable(2);

        _group.Join(JoinOf(ids[1], protocols: [ProtocolOf("range", "changed")]));

        Assert.Equal(GroupState.PreparingRebalance, _group.Group.State);
    }

    [Fact]
    public void Join_completing_with_unchanged_metadata_repeats_the_lost_reply()
    {
        (string id, long request) = _group.Enter();

        JoinResult again = _group.JoinNow(JoinOf(id));

        Assert.Equal(_group.JoinAnswer(request).GenerationId, again.GenerationId);
        Assert.Single(again.Members);
        Assert.Equal(GroupState.CompletingRebalance, _group.Group.State);
    }

    [Fact]
    public void Join_completing_with_changed_metadata_starts_over()
    {
        (string id, _) = _group.Enter();

        JoinResult again = _group.JoinNow(JoinOf(id, protocols: [ProtocolOf("range", "changed")]));

        Assert.Equal(2, again.GenerationId);
    }

    [Fact]
    public void Join_sent_twice_answers_the_first_one_too()
    {
        string[] ids = _group.Stable(2);
        long first = _group.Join(JoinOf(ids[0]));

        long second = _group.Join(JoinOf(ids[0]));

        Assert.Equal(ErrorCode.RebalanceInProgress, _group.JoinAnswer(first).Error);
        Assert.True(_group.IsParked(second));
    }

    [Fact]
    public void Join_protocol_with_most_votes_wins()
    {
        GroupProtocol[] a = [ProtocolOf("range"), ProtocolOf("sticky")];
        GroupProtocol[] b = [ProtocolOf("sticky"), ProtocolOf("range")];
        string one = _group.JoinNow(JoinOf(protocols: a)).MemberId;
        string two = _group.JoinNow(JoinOf(protocols: b)).MemberId;
        string three = _group.JoinNow(JoinOf(protocols: b)).MemberId;
        long request = _group.Join(JoinOf(one, protocols: a));
        _group.Join(JoinOf(two, protocols: b));
        long last = _group.Join(JoinOf(three, protocols: b));
        Assert.Equal("range", _group.JoinAnswer(request).ProtocolName);
        _group.Join(JoinOf(one, protocols: a));
        _group.Join(JoinOf(two, protocols: b));

        Assert.Equal("sticky", _group.JoinAnswer(last).ProtocolName);
    }

    [Fact]
    public void Join_tied_vote_goes_to_the_leaders_preference()
    {
        GroupProtocol[] a = [ProtocolOf("range"), ProtocolOf("sticky")];
        GroupProtocol[] b = [ProtocolOf("sticky"), ProtocolOf("range")];
        (string one, _) = _group.Enter(b);
        string two = _group.JoinNow(JoinOf(protocols: a)).MemberId;
        long request = _group.Join(JoinOf(two, protocols: a));
        _group.Join(JoinOf(one, protocols: b));

        Assert.Equal((one, "sticky"), (_group.JoinAnswer(request).Leader, _group.JoinAnswer(request).ProtocolName));
    }
}
