using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Runtime;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Partitions that are nobody's, look by look.</summary>
public sealed class OrphanedPartitionsTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private readonly VirtualTime _time = new();
    private readonly OrphanedPartitions _orphans;
    private int _rejoined;

    public OrphanedPartitionsTests()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        var services = new ThreadServices
        {
            Options = AppHarness.Options(),
            Topics = new ResolvedTopics(builder.Build().Plan, "app", new() { ["in"] = 2 }),
            Clients = new InMemoryKafka(),
            StateDirectory = null,
            StoreBackend = null,
            Time = _time,
            Logger = NullLogger.Instance,
        };
        _orphans = new OrphanedPartitions(services, () => _rejoined++);
    }

    [Fact]
    public void A_thread_joins_anew_when_a_partition_was_nobodys_for_the_interval_and_not_before()
    {
        Assert.False(See(0));
        _time.Advance(OrphanedPartitions.Interval - Moment);
        Assert.False(See(0));
        Assert.Equal(0, _rejoined);

        _time.Advance(Moment);
        Assert.False(See(0));
        Assert.Equal(1, _rejoined);

        // The one that has joined anew has as long again.
        Assert.False(See(0));
        Assert.Equal(1, _rejoined);
    }

    [Fact]
    public void A_partition_that_changes_hands_is_nobodys_for_a_moment_only()
    {
        Assert.False(See(0));
        _time.Advance(OrphanedPartitions.Interval);
        Assert.False(See(1));
        Assert.True(See(0, 1));
        _time.Advance(OrphanedPartitions.Interval);
        Assert.False(See(0));

        Assert.Equal(0, _rejoined);
    }

    /// <summary>While the group balances nobody has anything.</summary>
    [Fact]
    public void A_group_that_balances_is_not_complete_and_has_no_orphans()
    {
        for (var look = 0; look < 3; look++)
        {
            Assert.False(_orphans.See(Group(isStable: false)));
            _time.Advance(OrphanedPartitions.Interval);
        }

        Assert.Equal(0, _rejoined);
    }

    private static GroupDescription Group(bool isStable, params int[] assigned) => new(
        isStable, [new GroupMemberDescription("m", "c", "h", [.. assigned.Select(p => new TopicPartition("in", p))])]);

    private bool See(params int[] assigned) => _orphans.See(Group(isStable: true, assigned));
}
