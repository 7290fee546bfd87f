using StreamFlow.Broker.Groups;
using StreamFlow.Protocol;
using static StreamFlow.Broker.Tests.Groups.Consumer.ConsumerGroupHarness;

namespace StreamFlow.Broker.Tests.Groups.Consumer;

/// <summary>What Apache Kafka 4.3.1 was seen to answer, step by step; the epochs and messages are its own.</summary>
public sealed class ConsumerGroupTests
{
    private readonly ConsumerGroupHarness _group = new();

    public ConsumerGroupTests() => _group.Topics.Set("t4", 4);

    [Fact]
    public void First_member_gets_everything_in_epoch_2()
    {
        ConsumerHeartbeatResult joined = _group.Join("m1", "t4");

        Assert.Equal((ErrorCode.None, "m1", 2, 5_000), (joined.Error, joined.MemberId, joined.MemberEpoch, joined.HeartbeatIntervalMs));
        Assert.Equal(T4(0, 1, 2, 3), joined.Assignment!.Order());
        Assert.Equal(GroupState.Stable, _group.Group.State);
        Assert.Null(_group.Send(Beat("m1", 2)).Assignment);
        ConsumerHeartbeatCommand full = Joining("m1", "t4") with { MemberEpoch = 2, Owned = T4(0, 1).ToHashSet() };
        Assert.Equal(4, _group.Send(full).Assignment!.Count);
    }

    [Fact]
    public void Second_member_waits_until_the_first_has_given_up()
    {
        _group.Join("m1", "t4");

        ConsumerHeartbeatResult second = _group.Join("m2", "t4");
        Assert.Equal((3, 0), (second.MemberEpoch, second.Assignment!.Count));
        Assert.Equal(GroupState.Reconciling, _group.Group.State);

        ConsumerHeartbeatResult told = _group.Send(Beat("m1", 2));
        Assert.Equal((2, 2), (told.MemberEpoch, told.Assignment!.Count));
        Assert.Null(_group.Send(Beat("m2", 3)).Assignment);
        Assert.Equal(4, _group.Member("m1").Assigned.Single().Partitions.Length);

        ConsumerHeartbeatResult done = _group.Send(Joining("m1", "t4") with { MemberEpoch = 2, Owned = T4(0, 1).ToHashSet() });
        Assert.Equal((3, true), (done.MemberEpoch, T4(0, 1).SequenceEqual(done.Assignment!.Order())));
        Assert.Equal(T4(2, 3), _group.Send(Beat("m2", 3)).Assignment!.Order());
        Assert.Equal(GroupState.Stable, _group.Group.State);
    }

    [Fact]
    public void Previous_epoch_passes_once_more_with_what_was_last_given()
    {
        Two();

        ConsumerHeartbeatResult lost = _group.Send(Beat("m1", 2, T4(0, 1)));
        ConsumerHeartbeatResult fenced = _group.Send(Beat("m1", 2));

        Assert.Equal((ErrorCode.None, 3), (lost.Error, lost.MemberEpoch));
        Assert.Equal(ErrorCode.FencedMemberEpoch, fenced.Error);
        Assert.Equal(
            "The consumer group member has a smaller member epoch (2) than the one known by the group coordinator (3)."
            + " The member must abandon all its partitions and rejoin.",
            fenced.Message);
        Assert.Equal(ErrorCode.FencedMemberEpoch, _group.Send(Beat("m1", 2, T4(0, 1, 2))).Error);
        Assert.Contains("has a greater member epoch (99)", _group.Send(Beat("m1", 99)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Requests_that_say_too_little_are_refused_in_words()
    {
        ConsumerHeartbeatCommand join = Joining("m", "t4");

        Assert.Equal("MemberId can't be empty.", _group.Send(join with { MemberId = "" }).Message);
        Assert.Equal("InstanceId can't be empty.", _group.Send(join with { InstanceId = "" }).Message);
        Assert.Equal("RackId can't be empty.", _group.Send(join with { RackId = "" }).Message);
        Assert.Equal("RebalanceTimeoutMs must be provided in first request.", _group.Send(join with { RebalanceTimeoutMs = -1 }).Message);
        Assert.Equal("TopicPartitions must be empty when (re-)joining.", _group.Send(join with { Owned = null }).Message);
        Assert.Equal(
            "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.",
            _group.Send(join with { TopicNames = null }).Message);
        Assert.Equal("InstanceId can't be null.", _group.Send(Beat("m", -2)).Message);
        Assert.Equal("MemberEpoch is invalid.", _group.Send(Beat("m", -3)).Message);
        ConsumerHeartbeatResult assignor = _group.Send(join with { ServerAssignor = "foo" });
        Assert.Equal(ErrorCode.UnsupportedAssignor, assignor.Error);
        Assert.Equal("ServerAssignor foo is not supported. Supported assignors: uniform, range.", assignor.Message);
        Assert.Equal("Member x is not a member of group group.", _group.Send(Beat("x", 1)).Message);
        Assert.Equal("Instance id i is unknown.", _group.Send(Beat("x", 1, instanceId: "i")).Message);
        Assert.Empty(_group.Stored);
    }

    [Fact]
    public void Full_group_takes_nobody_else()
    {
        var group = new ConsumerGroupHarness(new GroupCoordinatorOptions { Consumers = new() { MaxSize = 1 } });
        group.Topics.Set("t4", 4);
        group.Join("m1", "t4");

        ConsumerHeartbeatResult refused = group.Join("m2", "t4");

        Assert.Equal(ErrorCode.GroupMaxSizeReached, refused.Error);
        Assert.Equal("The consumer group has reached its maximum capacity of 1 members.", refused.Message);
        Assert.Equal(ErrorCode.None, group.Join("m1", "t4").Error);
        Assert.Equal(ErrorCode.GroupMaxSizeReached, group.JoinClassic(Classic()).Error);
    }

    [Fact]
    public void Leaving_raises_the_epoch_and_the_next_heartbeat_assigns()
    {
        Two();

        ConsumerHeartbeatResult left = _group.Send(Beat("m2", -1));

        Assert.Equal((ErrorCode.None, -1, 0), (left.Error, left.MemberEpoch, left.HeartbeatIntervalMs));
        Assert.Equal((GroupState.Assigning, 4, 3), (_group.Group.State, _group.Group.GroupEpoch, _group.Group.TargetEpoch));
        ConsumerHeartbeatResult next = _group.Send(Beat("m1", 3));
        Assert.Equal((4, 4), (next.MemberEpoch, next.Assignment!.Count));
        _group.Send(Beat("m1", -1));
        Assert.Equal((GroupState.Empty, 5), (_group.Group.State, _group.Group.GroupEpoch));
    }

    [Fact]
    public void Silent_member_is_removed_after_its_session_and_not_before()
    {
        _group.Join("m1", "t4");

        _group.Advance(_group.SessionMs - 1);
        Assert.Equal(1, _group.Group.MemberCount);
        _group.Send(Beat("m1", 2));
        _group.Advance(_group.SessionMs - 1);
        Assert.Equal(1, _group.Group.MemberCount);
        _group.Advance(1);

        Assert.Equal(0, _group.Group.MemberCount);
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Send(Beat("m1", 2)).Error);
    }

    [Fact]
    public void Member_that_does_not_give_up_in_its_rebalance_timeout_is_removed()
    {
        _group.Join("m1", "t4");
        _group.Join("m2", "t4");
        _group.Send(Beat("m1", 2));

        for (int passed = 1_000; passed < RebalanceMs; passed += 1_000)
        {
            _group.Advance(1_000);
            Assert.Equal((ErrorCode.None, 2), (_group.Send(Beat("m1", 2)).Error, _group.Group.MemberCount));
            _group.Send(Beat("m2", 3));
        }

        _group.Advance(1_000);
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Send(Beat("m1", 2)).Error);
        Assert.Equal(4, _group.Send(Beat("m2", 3)).Assignment!.Count);
    }

    [Fact]
    public void Static_member_comes_back_to_its_partitions_and_nobody_notices()
    {
        _group.Send(Joining("s1", "t4") with { InstanceId = "i1" });
        Assert.Equal(
            "Static member s2 with instance id i1 cannot join the group because the instance id is owned by s1 member.",
            _group.Send(Joining("s2", "t4") with { InstanceId = "i1" }).Message);
        Assert.Equal(ErrorCode.UnreleasedInstanceId, _group.Send(Joining("s1", "t4") with { InstanceId = "i1" }).Error);

        Assert.Equal(-2, _group.Send(Beat("s1", -2, instanceId: "i1")).MemberEpoch);
        Assert.Equal(GroupState.Reconciling, _group.Group.State);
        Assert.Equal(ErrorCode.FencedMemberEpoch, _group.Send(Beat("s1", 2, instanceId: "i1")).Error);
        ConsumerHeartbeatResult back = _group.Send(Joining("s2", "t4") with { InstanceId = "i1" });

        Assert.Equal((2, 4), (back.MemberEpoch, back.Assignment!.Count));
        Assert.Equal((2, GroupState.Stable), (_group.Group.GroupEpoch, _group.Group.State));
        ConsumerHeartbeatResult fenced = _group.Send(Beat("s1", 2, instanceId: "i1"));
        Assert.Equal(ErrorCode.FencedInstanceId, fenced.Error);
        Assert.Equal("Static member s1 with instance id i1 was fenced by member s2.", fenced.Message);
    }

    [Fact]
    public void Static_member_that_stays_away_loses_its_place_with_its_session()
    {
        _group.Send(Joining("s1", "t4") with { InstanceId = "i1" });
        _group.Send(Beat("s1", -2, instanceId: "i1"));

        _group.Advance(_group.SessionMs);

        Assert.Equal(0, _group.Group.MemberCount);
        Assert.Equal(4, _group.Send(Joining("s2", "t4") with { InstanceId = "i1" }).MemberEpoch);
    }

    [Fact]
    public void Topics_that_come_grow_and_go_raise_the_epoch()
    {
        _group.Join("m1", "t4", "later");
        int epoch = Next();
        _group.Topics.Set("other", 9);
        Assert.Equal(epoch, Next());

        _group.Topics.Set("later", 2);
        Assert.Equal(epoch + 1, Next());
        _group.Topics.Set("t4", 6);
        Assert.Equal(epoch + 2, Next());
        Assert.Equal(8, _group.Member("m1").Target.Sum(static x => x.Partitions.Length));
        _group.Topics.Delete("later");
        int before = _group.Group.GroupEpoch;
        _group.Send(Beat("m1", epoch + 2));
        Assert.Equal(before + 1, _group.Group.GroupEpoch);
        Assert.Equal(6, _group.Member("m1").Target.Sum(static x => x.Partitions.Length));

        int Next() => _group.Send(Beat("m1", _group.Member("m1").MemberEpoch)).MemberEpoch;
    }

    [Fact]
    public void Pattern_finds_topics_now_and_later()
    {
        _group.Topics.Set("u2", 2);

        ConsumerHeartbeatResult joined = _group.Send(Joining("m") with { TopicNames = null, TopicPattern = "u.*" });
        Assert.Equal(2, joined.Assignment!.Count);
        _group.Topics.Set("u3", 3);
        Assert.Equal(5, _group.Send(Beat("m", joined.MemberEpoch)).Assignment!.Count);
        Assert.Equal(["u2", "u3"], ((PatternRecord)_group.Stored.Last(static x => x is PatternRecord)).Resolved!.Topics);

        _group.Send(Beat("m", -1));
        Assert.Null(((PatternRecord)_group.Stored.Last(static x => x is PatternRecord)).Resolved);
    }

    [Fact]
    public void Pattern_finds_only_what_its_member_may_see_and_learns_of_other_rules()
    {
        _group.Topics.Set("u2", 2);
        _group.Topics.Set("u3", 3);
        HashSet<string> seen = ["u2"];

        ConsumerHeartbeatResult joined = _group.Send(Joining("m") with { TopicNames = null, TopicPattern = "u.*", MaySee = seen.Contains });
        Assert.Equal(2, joined.Assignment!.Count);
        Assert.Null(Beats().Assignment);

        seen.Add("u3");
        _group.Advance(30_000);
        Assert.Null(Beats().Assignment);
        for (int i = 0; i < 20; i++)
        {
            _group.Advance(30_000);
            joined = Beats();
        }

        Assert.Equal(5, _group.Member("m").Assigned.Sum(static x => x.Partitions.Length));

        ConsumerHeartbeatResult Beats() => _group.Send(Beat("m", _group.Member("m").MemberEpoch) with { MaySee = seen.Contains });
    }

    [Fact]
    public void Pattern_that_is_none_is_refused()
    {
        ConsumerHeartbeatResult refused = _group.Send(Joining("m") with { TopicNames = null, TopicPattern = "(" });

        Assert.Equal(ErrorCode.InvalidRegularExpression, refused.Error);
        Assert.StartsWith("SubscribedTopicRegex `(` is not a valid regular expression: ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, _group.Group.MemberCount);
    }

    [Fact]
    public void Assignor_is_what_most_members_ask_for()
    {
        _group.Join("m1", "t4");
        Assert.Equal("uniform", _group.Group.DescribeConsumers().AssignorName);

        _group.Send(Joining("m2", "t4") with { ServerAssignor = "range" });

        Assert.Equal("range", _group.Group.DescribeConsumers().AssignorName);
        Assert.Equal([0, 1], _group.Member("m1").Target.Single().Partitions);
    }

    [Fact]
    public void Assignments_keep_their_interval_where_one_is_set()
    {
        var group = new ConsumerGroupHarness(new GroupCoordinatorOptions
        {
            Consumers = new() { AssignmentInterval = TimeSpan.FromSeconds(1) },
        });
        group.Topics.Set("t4", 4);
        Assert.Equal(2, group.Join("m1", "t4").MemberEpoch);

        Assert.Equal(2, group.Join("m2", "t4").MemberEpoch);
        group.Advance(999);
        Assert.Equal(2, group.Send(Beat("m2", 2)).MemberEpoch);
        group.Advance(1);

        Assert.Equal(3, group.Send(Beat("m2", 2)).MemberEpoch);
    }

    [Fact]
    public void Commits_are_of_the_members_epoch_or_of_one_their_partitions_are_of()
    {
        Two();

        Assert.Equal(ErrorCode.None, Commit("m1", 3, 0, 1, 2));
        Assert.Equal(ErrorCode.None, Commit("m1", 2, 0, 1));
        Assert.Equal(ErrorCode.StaleMemberEpoch, Commit("m1", 2, 0, 2));
        Assert.Equal(ErrorCode.StaleMemberEpoch, Commit("m2", 2, 2));
        Assert.Equal(ErrorCode.StaleMemberEpoch, Commit("m1", 4, 0));
        Assert.Equal(ErrorCode.UnknownMemberId, Commit("", -1, 0));
        Assert.Equal(ErrorCode.UnknownMemberId, Commit("x", 1, 0));
        Assert.Equal(ErrorCode.UnsupportedVersion, Admit("m1", 3, 8, false, 0));
        Assert.Equal(ErrorCode.IllegalGeneration, Admit("m1", 9, 9, true, 0));
        Assert.Equal(ErrorCode.None, Admit("", -1, 9, true, 0));
        Assert.Equal(ErrorCode.None, _group.Group.AdmitFetch(null, -1));
        Assert.Equal(ErrorCode.None, _group.Group.AdmitFetch("m1", 3));
        Assert.Equal(ErrorCode.StaleMemberEpoch, _group.Group.AdmitFetch("m1", 2));
        Assert.Equal(ErrorCode.UnknownMemberId, _group.Group.AdmitFetch("", -1));

        ErrorCode Commit(string member, int epoch, params int[] partitions) => Admit(member, epoch, 9, false, partitions);
    }

    [Fact]
    public void Restarted_members_go_on_without_a_rebalance()
    {
        Two();
        int stored = _group.Stored.Count;

        _group.Restart();

        Assert.Equal((ErrorCode.None, 3), (_group.Send(Beat("m1", 3)).Error, _group.Group.GroupEpoch));
        Assert.Null(_group.Send(Beat("m2", 3)).Assignment);
        Assert.Equal(GroupState.Stable, _group.Group.State);
        Assert.Equal(stored, _group.Stored.Count);
    }

    [Fact]
    public void Classic_member_among_others_is_told_to_join_for_each_step()
    {
        _group.Join("m1", "t4");
        JoinResult required = _group.JoinClassic(Classic());
        Assert.Equal(ErrorCode.MemberIdRequired, required.Error);
        Assert.Equal(22, required.MemberId.Length);
        const string id = "z";
        JoinResult joined = _group.JoinClassic(Classic(id));
        Assert.Equal((ErrorCode.None, 3, "consumer", "range", "", 0),
            (joined.Error, joined.GenerationId, joined.ProtocolType, joined.ProtocolName, joined.Leader, joined.Members.Count));
        Assert.Equal("000300000000ffffffff", Convert.ToHexStringLower(_group.SyncClassic(id, 3).Assignment));
        Assert.Equal(ErrorCode.IllegalGeneration, _group.SyncClassic(id, 8).Error);
        Assert.Equal(ErrorCode.None, _group.BeatClassic(id, 3));
        Assert.Equal(ErrorCode.IllegalGeneration, _group.BeatClassic(id, 4));
        Assert.Equal(ErrorCode.UnknownMemberId, _group.BeatClassic("m1", 2));

        _group.Send(Beat("m1", 2));
        Assert.Equal(ErrorCode.None, _group.BeatClassic(id, 3));
        _group.Send(Beat("m1", 2, T4(0, 1)));
        Assert.Equal(ErrorCode.RebalanceInProgress, _group.BeatClassic(id, 3));
        Assert.Equal(3, _group.JoinClassic(Classic(id)).GenerationId);
        Assert.Equal("0003000000010002743400000002000000020000" + "0003ffffffff", Convert.ToHexStringLower(_group.SyncClassic(id, 3).Assignment));
        Assert.Equal(ErrorCode.None, _group.BeatClassic(id, 3));

        _group.Join("m3", "t4");
        Assert.Equal(ErrorCode.RebalanceInProgress, _group.BeatClassic(id, 3));
        Assert.Equal(ErrorCode.RebalanceInProgress, _group.SyncClassic(id, 3).Error);
        JoinResult revoking = _group.JoinClassic(Classic(id, generation: 3, owned: [2, 3]));
        Assert.Equal((ErrorCode.None, 3), (revoking.Error, revoking.GenerationId));
        Assert.Equal(ErrorCode.None, _group.SyncClassic(id, 3).Error);
        Assert.Equal(ErrorCode.RebalanceInProgress, _group.BeatClassic(id, 3));
        Assert.Equal(4, _group.JoinClassic(Classic(id, generation: 3, owned: [2])).GenerationId);
    }

    [Fact]
    public void Classic_member_that_does_not_come_in_time_is_removed()
    {
        _group.Join("m1", "t4");
        JoinResult joined = _group.JoinClassic(Classic("k"));
        Assert.Equal((ErrorCode.None, "k"), (joined.Error, joined.MemberId));
        Assert.Equal(ErrorCode.None, _group.SyncClassic("k", 3).Error);
        _group.Join("m2", "t4");
        Assert.Equal(ErrorCode.RebalanceInProgress, _group.BeatClassic("k", 3));

        for (int passed = 0; passed < RebalanceMs; passed += 1_000)
        {
            Assert.Equal(ErrorCode.RebalanceInProgress, _group.BeatClassic("k", 3));
            _group.Advance(1_000);
        }

        Assert.Equal(ErrorCode.UnknownMemberId, _group.BeatClassic("k", 3));
    }

    [Fact]
    public void Classic_member_that_was_removed_and_does_not_know_it_must_begin_anew()
    {
        _group.Join("m1", "t4");

        JoinResult forgotten = _group.JoinClassic(Classic("gone", generation: 2, owned: [0, 1]));

        Assert.Equal(ErrorCode.UnknownMemberId, forgotten.Error);
        Assert.Equal(1, _group.Group.MemberCount);
    }

    [Fact]
    public void Classic_member_of_other_protocols_is_refused()
    {
        _group.JoinClassic(Classic("k"));

        Assert.Equal(
            ErrorCode.InconsistentGroupProtocol,
            _group.JoinClassic(GroupHarness.JoinOf("x", protocols: new GroupProtocol("other", Subscription(-1, [])))).Error);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _group.JoinClassic(GroupHarness.JoinOf("x", type: "connect")).Error);
    }

    private ErrorCode Admit(string member, int epoch, int version, bool isTransactional, params int[] partitions) =>
        _group.Group.AdmitCommit(
            new CommitCommand
            {
                ApiVersion = version,
                GroupId = "group",
                MemberId = member,
                GenerationId = epoch,
                Offsets = [.. partitions.Select(static p => new OffsetToCommit(new OffsetKey("t4", p), 1, -1, null))],
            },
            isTransactional,
            _group.Now);

    private static JoinCommand Classic(string memberId = "", int generation = -1, int[]? owned = null) => GroupHarness.JoinOf(
        memberId, sessionMs: 3_600_000, rebalanceMs: RebalanceMs,
        protocols: new GroupProtocol("range", Subscription(generation, owned ?? [])));

    /// <summary>A subscription of version 3 to "t4".</summary>
    private static byte[] Subscription(int generation, int[] owned)
    {
        using var writer = new WireWriter();
        writer.WriteInt16(3);
        writer.WriteInt32(1);
        writer.WriteNullableString("t4");
        writer.WriteInt32(-1);
        writer.WriteInt32(owned.Length == 0 ? 0 : 1);
        if (owned.Length > 0)
        {
            writer.WriteNullableString("t4");
            writer.WriteInt32(owned.Length);
            Array.ForEach(owned, writer.WriteInt32);
        }

        writer.WriteInt32(generation);
        writer.WriteNullableString(null);
        return writer.Written.ToArray();
    }

    private TopicIdPartition[] T4(params int[] partitions) => _group.Topics.Partitions("t4", partitions);

    /// <summary>Two members with two partitions each, in epoch 3.</summary>
    private void Two()
    {
        _group.Join("m1", "t4");
        _group.Join("m2", "t4");
        _group.Send(Beat("m1", 2));
        _group.Send(Beat("m1", 2, T4(0, 1)));
        Assert.Equal(2, _group.Send(Beat("m2", 3)).Assignment!.Count);
    }
}
