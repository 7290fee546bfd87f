using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Runtime;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Partitions of another instance, look by look.</summary>
public sealed class UnreadLooksTests : IDisposable
{
    /// <summary>What a member that was killed keeps its partitions for, unless it is set.</summary>
    private static readonly TimeSpan Session = TimeSpan.FromSeconds(15);
    private static readonly TopicPartition Input = new("in", 0);
    private readonly InMemoryKafka _kafka = new();
    private readonly IKafkaConsumer _owner;
    private readonly ListLogger _log = new();
    private UnreadPartitions _unread;

    public UnreadLooksTests()
    {
        _kafka.CreateTopic("in", 1);
        _owner = _kafka.CreateConsumer(new ConsumerRole("owner", "app", null, ReadCommitted: false, "earliest"));
        _owner.Subscribe(["in"], ["in"], new Listener());
        _owner.Poll(TimeSpan.Zero);
        _unread = Create(ProcessingGuarantee.ExactlyOnce);
    }

    public void Dispose()
    {
        _unread.Dispose();
        _owner.Dispose();
    }

    /// <summary>Said afterwards it helps nobody: the group has given the partitions to others by then.</summary>
    [Fact]
    public void A_killed_instance_is_told_before_its_session_is_over_where_commits_are_frequent()
    {
        Settle();
        Commit(Append());
        var killed = _kafka.Time.GetUtcNow();
        do
        {
            Append();
            Look();
            Assert.True(_kafka.Time.GetUtcNow() - killed < Session, "The session is over, and nothing was told before.");
        }
        while (_unread.Unread.Count == 0);

        var unread = Assert.Single(_unread.Unread);
        Assert.Equal(Input, unread.Partition);
        Assert.Equal("c at h", unread.Member);
        Assert.Contains("in-0 has ", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    /// <summary>By default commits are half a minute apart; one record now and then is always waiting for the next one.</summary>
    [Fact]
    public void A_partition_with_a_record_now_and_then_is_not_told_while_its_owner_commits_in_time()
    {
        _unread.Dispose();
        _unread = Create(ProcessingGuarantee.AtLeastOnce);
        Settle();
        for (var minute = 0; minute < 10; minute++)
        {
            Look(TimeSpan.FromSeconds(71));
            var end = Append();
            Look(TimeSpan.FromSeconds(29));
            Assert.Empty(_unread.Unread);
            Commit(end);
        }
    }

    [Fact]
    public void What_was_told_stays_told_until_the_position_moves()
    {
        Settle();
        Append();
        Look(Session);
        Assert.Single(_unread.Unread);
        Look(Session);
        Append();
        Look(Session);
        Assert.Equal(2, Assert.Single(_unread.Unread).Records);

        Commit(2);
        Look();

        Assert.Empty(_unread.Unread);
        Assert.Equal(2, _log.Messages.Count);
    }

    private UnreadPartitions Create(ProcessingGuarantee guarantee)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        return new UnreadPartitions(
            new ThreadServices
            {
                Options = new() { ApplicationId = "app", ProcessingGuarantee = guarantee },
                Topics = new ResolvedTopics(builder.Build().Plan, "app", new() { ["in"] = 1 }),
                Clients = _kafka,
                StateDirectory = null,
                StoreBackend = null,
                Time = _kafka.Time,
                Logger = _log,
            },
            () => []);
    }

    /// <summary>The others have been there for a while, and their position is known.</summary>
    private void Settle()
    {
        Commit(0);
        See();
        Look(TimeSpan.FromMinutes(1));
    }

    private long Append() => _kafka.Append(Input, null, [1]) + 1;

    private void Commit(long offset) => _owner.Commit([new PartitionOffset(Input, offset)]);

    /// <summary>Looks as often as the watch does.</summary>
    private void Look(TimeSpan? atLeast = null)
    {
        var end = _kafka.Time.GetUtcNow() + (atLeast ?? TimeSpan.Zero);
        do
        {
            ((VirtualTime)_kafka.Time).Advance(_unread.Pace);
            See();
        }
        while (_kafka.Time.GetUtcNow() < end);
    }

    private void See() => _unread.See(new GroupDescription(true, [new GroupMemberDescription("m", "c", "h", [Input])]));

    private sealed class Listener : IRebalanceListener
    {
        public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders) =>
            [.. leaders.Select(l => new PartitionOffset(l, PartitionOffset.Beginning))];

        public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders) => leaders;

        public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders) => leaders;
    }
}
