using StreamFlow.Broker.Groups;
using static StreamFlow.Broker.Tests.Groups.GroupHarness;

namespace StreamFlow.Broker.Tests.Groups;

public sealed class GroupOffsetsTests
{
    private static readonly OffsetKey Key = new("orders", 0);

    private readonly GroupOffsets _offsets = new();

    [Fact]
    public void Settle_out_of_order_the_later_in_the_log_wins()
    {
        (CommittedOffset older, CommittedOffset newer) = (Committed(1), Committed(2));
        _offsets.Append(Key, older, 10);
        _offsets.Append(Key, newer, 11);

        _offsets.Settle(Key, newer, 11);
        Assert.True(_offsets.IsUnstable(Key));
        _offsets.Settle(Key, older, 10);

        Assert.Equal(newer, _offsets.Find(Key));
        Assert.False(_offsets.IsUnstable(Key));
    }

    [Fact]
    public void Append_is_not_readable_before_it_is_settled()
    {
        _offsets.Append(Key, Committed(1), 10);

        Assert.Null(_offsets.Find(Key));
        Assert.True(_offsets.IsUnstable(Key));
    }

    [Fact]
    public void Settle_after_the_offsets_were_deleted_brings_nothing_back()
    {
        _offsets.Append(Key, Committed(1), 10);
        _offsets.Remove(Key);
        _offsets.Append(Key, Committed(3), 12);

        _offsets.Settle(Key, Committed(1), 10);
        Assert.Null(_offsets.Find(Key));
        Assert.True(_offsets.IsUnstable(Key));

        _offsets.Settle(Key, Committed(3), 12);
        Assert.Equal(3, _offsets.Find(Key)!.Offset);
    }

    [Fact]
    public void Expired_never_names_an_offset_with_a_commit_in_flight()
    {
        var harness = new GroupHarness();
        _offsets.Append(Key, Committed(1), 10);
        Assert.Empty(_offsets.Expired(harness.Group, 1_000, StartUnixMs + 5_000));

        _offsets.Settle(Key, Committed(1), 10);

        Assert.Equal([Key], _offsets.Expired(harness.Group, 1_000, StartUnixMs + 5_000));
    }

    [Fact]
    public void Expired_spares_a_group_that_is_rebalancing()
    {
        var harness = new GroupHarness();
        string[] ids = harness.Stable(2);
        harness.Join(JoinOf(ids[0]));
        _offsets.Append(Key, Committed(1), 10);
        _offsets.Settle(Key, Committed(1), 10);

        Assert.Equal(GroupState.PreparingRebalance, harness.Group.State);
        Assert.Empty(_offsets.Expired(harness.Group, 1_000, long.MaxValue));
    }

    [Fact]
    public void Expired_offset_committed_to_a_long_empty_group_lives_its_own_time()
    {
        var harness = new GroupHarness();
        harness.Leave(harness.Stable(1)[0]);
        var late = new CommittedOffset(1, -1, "", StartUnixMs + 10_000);
        _offsets.Append(Key, late, 10);
        _offsets.Settle(Key, late, 10);

        Assert.Empty(_offsets.Expired(harness.Group, 1_000, StartUnixMs + 10_999));
        Assert.Single(_offsets.Expired(harness.Group, 1_000, StartUnixMs + 11_000));
    }

    private static CommittedOffset Committed(long offset) => new(offset, -1, "", StartUnixMs);
}
