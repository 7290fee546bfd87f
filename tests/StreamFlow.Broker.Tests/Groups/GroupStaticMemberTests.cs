using System.Text;
using StreamFlow.Broker.Groups;
using static StreamFlow.Broker.Tests.Groups.GroupHarness;

namespace StreamFlow.Broker.Tests.Groups;

public sealed class GroupStaticMemberTests
{
    private readonly GroupHarness _group = new();

    [Fact]
    public void Join_new_instance_is_never_sent_back_for_an_id()
    {
        JoinResult result = _group.JoinNow(JoinOf(instanceId: "i", version: 9));

        Assert.Equal(ErrorCode.None, result.Error);
        Assert.Equal("i-1", result.MemberId);
        Assert.Equal("i", Assert.Single(result.Members).InstanceId);
    }

    [Fact]
    public void Join_restarted_instance_takes_over_without_a_rebalance()
    {
        (string leader, string follower) = StablePair();
        int generation = _group.Group.Generation;
        int persisted = _group.Persisted.Count;

        JoinResult result = _group.JoinNow(JoinOf(instanceId: "b"));

        Assert.Equal((ErrorCode.None, generation), (result.Error, result.GenerationId));
        Assert.Equal(leader, result.Leader);
        Assert.Empty(result.Members);
        Assert.NotEqual(follower, result.MemberId);
        Assert.Equal(GroupState.Stable, _group.Group.State);
        Assert.Equal(persisted + 1, _group.Persisted.Count);
        Assert.Contains(_group.Persisted[^1].Members, member => member.MemberId == result.MemberId);
        long sync = _group.Sync(new SyncCommand
        {
            GroupId = "group",
            GenerationId = generation,
            MemberId = result.MemberId,
            InstanceId = "b",
            Assignments = [],
        });
        Assert.Equal(follower, Encoding.UTF8.GetString(_group.SyncAnswer(sync).Assignment));
    }

    [Fact]
    public void Join_restarted_leader_since_v9_is_told_to_skip_the_assignment()
    {
        StablePair();

        JoinResult result = _group.JoinNow(JoinOf(instanceId: "a", version: 9));

        Assert.True(result.SkipAssignment);
        Assert.Equal(result.MemberId, result.Leader);
        Assert.Equal(2, result.Members.Count);
        Assert.Equal(result.MemberId, _group.Group.LeaderId);
    }

    [Fact]
    public void Join_restarted_leader_before_v9_is_told_that_its_predecessor_leads()
    {
        (string leader, _) = StablePair();

        JoinResult result = _group.JoinNow(JoinOf(instanceId: "a", version: 8));

        Assert.False(result.SkipAssignment);
        Assert.Equal(leader, result.Leader);
        Assert.Empty(result.Members);
        Assert.Equal(result.MemberId, _group.Group.LeaderId);
    }

    [Fact]
    public void Join_restarted_instance_that_changes_the_chosen_protocol_rebalances()
    {
        GroupProtocol[] both = [ProtocolOf("range"), ProtocolOf("sticky")];
        _group.JoinNow(JoinOf(instanceId: "a", protocols: both));
        _group.SyncAll(_group.Group.LeaderId!);

        JoinResult result = _group.JoinNow(JoinOf(instanceId: "a", protocols: [ProtocolOf("sticky")]));

        Assert.Equal(("sticky", 2), (result.ProtocolName, result.GenerationId));
    }

    [Fact]
    public void Join_restarted_instance_while_completing_rebalances_and_fences_the_parked_sync()
    {
        (string leader, string follower) = StablePair();
        _group.Join(JoinOf(leader, "a"));
        _group.Join(JoinOf(follower, "b"));
        long sync = _group.Sync(new SyncCommand
        {
            GroupId = "group",
            GenerationId = _group.Group.Generation,
            MemberId = follower,
            InstanceId = "b",
            Assignments = [],
        });

        _group.Join(JoinOf(instanceId: "b"));

        Assert.Equal(ErrorCode.FencedInstanceId, _group.SyncAnswer(sync).Error);
        Assert.Equal(GroupState.PreparingRebalance, _group.Group.State);
    }

    [Fact]
    public void Join_restarted_instance_while_preparing_fences_the_parked_join()
    {
        (string leader, string follower) = StablePair();
        long parked = _group.Join(JoinOf(follower, "b", protocols: [ProtocolOf("range", "changed")]));

        long replacement = _group.Join(JoinOf(instanceId: "b"));

        Assert.Equal(ErrorCode.FencedInstanceId, _group.JoinAnswer(parked).Error);
        _group.Join(JoinOf(leader, "a"));
        Assert.Equal(ErrorCode.None, _group.JoinAnswer(replacement).Error);
    }

    [Fact]
    public void Member_calls_with_an_instance_id_check_the_instance_first()
    {
        (string leader, _) = StablePair();
        int old = _group.Group.Generation - 1;

        Assert.Equal(ErrorCode.FencedInstanceId, _group.Heartbeat("older", old, "a"));
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Heartbeat(leader, instanceId: "unknown"));
        Assert.Equal(ErrorCode.FencedInstanceId, _group.Commit("older", old, "a"));
        Assert.Equal(ErrorCode.FencedInstanceId, _group.JoinNow(JoinOf("older", "a")).Error);
        Assert.Equal(ErrorCode.UnknownMemberId, _group.JoinNow(JoinOf(leader, "unknown")).Error);
        Assert.Equal(ErrorCode.FencedInstanceId, _group.Leave("older", "a"));
        Assert.Equal(ErrorCode.IllegalGeneration, _group.Heartbeat(leader, old, "a"));
    }

    [Fact]
    public void Leave_by_instance_id_alone_removes_the_member()
    {
        (_, string follower) = StablePair();

        Assert.Equal(ErrorCode.None, _group.Leave("", "b"));
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Leave("", "b"));

        Assert.Equal(ErrorCode.UnknownMemberId, _group.Heartbeat(follower, instanceId: "b"));
        Assert.Equal(GroupState.PreparingRebalance, _group.Group.State);
    }

    [Fact]
    public void Tick_static_member_is_removed_when_its_session_ends()
    {
        StablePair();

        _group.Advance(SessionMs);

        Assert.Equal((GroupState.Empty, 0), (_group.Group.State, _group.Group.MemberCount));
    }

    private (string Leader, string Follower) StablePair()
    {
        string leader = _group.JoinNow(JoinOf(instanceId: "a")).MemberId;
        long second = _group.Join(JoinOf(instanceId: "b"));
        _group.Join(JoinOf(leader, "a"));
        string follower = _group.JoinAnswer(second).MemberId;
        MemberAssignment[] assignments =
        [
            new(leader, Encoding.UTF8.GetBytes(leader)), new(follower, Encoding.UTF8.GetBytes(follower)),
        ];
        _group.SyncStatic(leader, _group.Group.Generation, "a", assignments);
        _group.SyncStatic(follower, _group.Group.Generation, "b");
        Assert.Equal(GroupState.Stable, _group.Group.State);
        return (leader, follower);
    }
}
