using StreamFlow.Clients;

namespace StreamFlow.Testing.Tests.Clients;

public sealed class GroupTests
{
    private readonly InMemoryKafka _kafka = new();

    public GroupTests()
    {
        _kafka.CreateTopic("leader", 4);
        _kafka.CreateTopic("follower", 4);
        for (var i = 0; i < 4; i++)
        {
            _kafka.Append(new TopicPartition("follower", i), null, "x"u8.ToArray());
        }
    }

    [Fact]
    public void Single_member_gets_everything_and_reads_what_the_listener_adds()
    {
        using var a = new Member(_kafka, "a");
        Settle(a);

        Assert.Equal([0, 1, 2, 3], a.Leaders);
        Assert.Equal(["x"], a.Consumer.ReadAll(new TopicPartition("follower", 2)));
        Assert.Empty(a.Consumer.ReadAll(new TopicPartition("leader", 2)));
    }

    [Fact]
    public void Partition_moves_only_after_its_owner_gave_it_up()
    {
        using var a = new Member(_kafka, "a");
        Settle(a);
        using var b = new Member(_kafka, "b");
        b.Poll();
        Assert.Empty(b.Leaders);
        b.Poll();
        Assert.Empty(b.Leaders);

        Settle(a, b);

        Assert.Equal(2, a.Leaders.Count);
        Assert.Equal(2, b.Leaders.Count);
        Assert.Equal([0, 1, 2, 3], a.Leaders.Concat(b.Leaders).Order());
        Assert.Equal(["assigned 0 1 2 3", "revoked 2 3"], a.Events);
        Assert.Equal(["assigned 2 3"], b.Events);
        Assert.Throws<InvalidOperationException>(() => a.Consumer.Reader(new TopicPartition("follower", 2)));
        Assert.Equal(2, _kafka.Assignment("group")["b"].Count);
    }

    [Fact]
    public void Partition_is_not_given_away_while_its_owner_has_not_heard_that_it_moves()
    {
        using var a = new Member(_kafka, "a");
        using var b = new Member(_kafka, "b");
        Settle(a, b);
        using var c = new Member(_kafka, "c");
        c.Poll();
        b.Poll();
        a.Poll();
        c.Poll();
        c.Poll();
        Assert.Equal(4, a.Leaders.Count + b.Leaders.Count);
        Assert.Empty(c.Leaders);

        Settle(a, b, c);

        Assert.Single(c.Leaders);
    }

    [Fact]
    public void Members_keep_what_they_have_when_another_leaves()
    {
        using var a = new Member(_kafka, "a");
        using var b = new Member(_kafka, "b");
        Settle(a, b);
        var kept = a.Leaders.ToList();
        var told = a.Events.Count;

        b.Consumer.Close();
        Settle(a);

        Assert.Equal(4, a.Leaders.Count);
        Assert.DoesNotContain(a.Events.Skip(told), e => e.StartsWith("revoked", StringComparison.Ordinal));
        Assert.Subset(a.Leaders.ToHashSet(), kept.ToHashSet());
        Assert.StartsWith("revoked", b.Events[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Consumer_that_dies_is_replaced_without_a_word_to_its_listener()
    {
        using var a = new Member(_kafka, "a");
        var b = new Member(_kafka, "b");
        Settle(a, b);
        var told = b.Events.Count;

        b.Consumer.Dispose();
        Settle(a);

        Assert.Equal(4, a.Leaders.Count);
        Assert.Equal(told, b.Events.Count);
    }

    [Fact]
    public void Expired_member_cannot_commit_and_loses_its_partitions()
    {
        using var a = new Member(_kafka, "a");
        using var b = new Member(_kafka, "b");
        Settle(a, b);
        var mine = new TopicPartition("leader", a.Leaders[0]);

        _kafka.ExpireMember("a");

        var error = Assert.Throws<KafkaClientException>(() => a.Consumer.Commit([new PartitionOffset(mine, 1)]));
        Assert.Equal(KafkaErrorKind.Migrated, error.Kind);
        a.Poll();
        Assert.StartsWith("lost", a.Events[^1], StringComparison.Ordinal);
        Settle(a, b);
        Assert.Equal(2, a.Leaders.Count);
        a.Consumer.Commit([new PartitionOffset(mine, 1)]);
        Assert.Equal(1, _kafka.CommittedOffsets("group")[mine].Offset);
    }

    [Fact]
    public void Generation_taken_before_a_rebalance_cannot_commit_after_it()
    {
        using var producer = _kafka.Producer(transactionalId: "tx");
        using var a = new Member(_kafka, "a");
        Settle(a);
        var metadata = a.Consumer.GroupMetadata();
        using var b = new Member(_kafka, "b");
        Settle(a, b);
        producer.BeginTransaction();
        var offset = new PartitionOffset(new TopicPartition("leader", 3), 1);

        var error = Assert.Throws<KafkaClientException>(
            () => producer.SendOffsetsToTransaction([offset], metadata, ClientsExtensions.Timeout));

        Assert.Equal(KafkaErrorKind.Migrated, error.Kind);
        Assert.Contains("ILLEGAL_GENERATION", error.Message, StringComparison.Ordinal);
        producer.AbortTransaction(ClientsExtensions.Timeout);
        producer.BeginTransaction();
        producer.SendOffsetsToTransaction([offset], a.Consumer.GroupMetadata(), ClientsExtensions.Timeout);
        producer.CommitTransaction(ClientsExtensions.Timeout);
    }

    [Fact]
    public void Member_that_has_not_heard_of_the_new_generation_fails_one_commit()
    {
        using var a = new Member(_kafka, "a");
        Settle(a);
        using var b = new Member(_kafka, "b");
        b.Poll();
        a.Poll();
        b.Poll();
        b.Poll();
        a.Poll();
        Assert.Equal(2, a.Leaders.Count);
        var offset = new PartitionOffset(new TopicPartition("leader", a.Leaders[0]), 1);
        using var c = new Member(_kafka, "c");
        c.Poll();
        a.Poll();
        b.Poll();

        var error = Assert.Throws<KafkaClientException>(() => a.Consumer.Commit([offset]));

        Assert.Equal(KafkaErrorKind.Migrated, error.Kind);
        a.Poll();
        a.Consumer.Commit([offset]);
    }

    [Fact]
    public void Revoked_on_demand_partitions_come_back()
    {
        using var a = new Member(_kafka, "a");
        Settle(a);

        _kafka.RevokePartitions("a", new TopicPartition("leader", 1));
        Settle(a);

        Assert.Equal(["assigned 0 1 2 3", "revoked 1", "assigned 1"], a.Events);
    }

    [Fact]
    public void Listener_may_commit_while_partitions_are_revoked()
    {
        using var a = new Member(_kafka, "a");
        a.OnRevoke = leaders => a.Consumer.Commit([.. leaders.Select(p => new PartitionOffset(p, 9))]);
        using var b = new Member(_kafka, "b");
        Settle(a);

        Settle(a, b);

        Assert.Equal(2, _kafka.CommittedOffsets("group").Count);
    }

    [Fact]
    public void New_partitions_of_a_leader_topic_are_assigned()
    {
        using var a = new Member(_kafka, "a");
        Settle(a);
        _kafka.AddPartitions("leader", 6);
        _kafka.AddPartitions("follower", 6);
        Settle(a);
        Assert.Equal([0, 1, 2, 3, 4, 5], a.Leaders);
    }

    [Fact]
    public void Static_member_gets_its_partitions_back_without_a_rebalance()
    {
        using var a = new Member(_kafka, "a");
        var b = new Member(_kafka, "b", instance: "static-b");
        Settle(a, b);
        var before = b.Leaders.ToList();
        var told = a.Events.Count;
        b.Consumer.Close();
        using var again = new Member(_kafka, "b2", instance: "static-b");

        Settle(a, again);

        Assert.Equal(before, again.Leaders);
        Assert.Equal(told, a.Events.Count);
    }

    [Fact]
    public void Second_consumer_of_a_static_identity_fences_the_first()
    {
        using var a = new Member(_kafka, "a", instance: "one");
        Settle(a);
        using var b = new Member(_kafka, "b", instance: "one");
        Settle(b);

        var error = Assert.Throws<KafkaClientException>(a.Poll);
        Assert.Equal(KafkaErrorKind.InstanceFenced, error.Kind);
        Assert.Equal(4, b.Leaders.Count);
    }

    [Fact]
    public void Listener_that_throws_fails_the_poll_loudly()
    {
        using var consumer = _kafka.Consumer("a");
        consumer.Subscribe(["leader"], ["leader"], new ThrowingListener());
        var error = Assert.Throws<KafkaClientException>(() => consumer.Poll(TimeSpan.Zero));
        Assert.Equal(KafkaErrorKind.Fatal, error.Kind);
        Assert.IsType<InvalidTimeZoneException>(error.InnerException);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 4)]
    [InlineData(3, 7)]
    public void Random_joins_and_leaves_never_share_a_partition_and_end_balanced(int seed, int steps)
    {
        var random = new Random(seed);
        var members = new List<Member> { new(_kafka, "m0") };
        for (var step = 1; step < steps * 10; step++)
        {
            switch (random.Next(8))
            {
                case 0 when members.Count < 6:
                    members.Add(new Member(_kafka, "m" + step));
                    break;
                case 1 when members.Count > 1:
                    var leaving = random.Next(members.Count);
                    members[leaving].Consumer.Close();
                    members.RemoveAt(leaving);
                    break;
                case 2:
                    _kafka.RevokePartitions(Polled(members, random).Name, new TopicPartition("leader", random.Next(4)));
                    break;
                default:
                    Polled(members, random);
                    break;
            }

            var owned = members.SelectMany(m => m.Leaders).ToList();
            Assert.True(owned.Distinct().Count() == owned.Count, $"Seed {seed}, step {step}: two owners.");
        }

        Settle([.. members]);
        Assert.Equal([0, 1, 2, 3], members.SelectMany(m => m.Leaders).Order());
        var spread = members.Max(m => m.Leaders.Count) - members.Min(m => m.Leaders.Count);
        Assert.True(spread <= 1, $"Seed {seed}: unbalanced by {spread}.");
        members.ForEach(m => m.Dispose());
    }

    private static Member Polled(List<Member> members, Random random)
    {
        var member = members[random.Next(members.Count)];
        member.Poll();
        return member;
    }

    private static void Settle(params Member[] members)
    {
        for (var round = 0; round < 8; round++)
        {
            foreach (var member in members)
            {
                member.Poll();
            }
        }
    }

    /// <summary>Reads the follower's partition beside each leader's, as the engine does.</summary>
    private sealed class Member : IRebalanceListener, IDisposable
    {
        public Member(InMemoryKafka kafka, string name, string? instance = null)
        {
            Name = name;
            Consumer = kafka.Consumer(name, instance: instance);
            Consumer.Subscribe(["leader"], ["leader", "follower"], this);
        }

        public string Name { get; }

        public IKafkaConsumer Consumer { get; }

        public List<int> Leaders { get; } = [];

        public List<string> Events { get; } = [];

        public Action<IReadOnlyList<TopicPartition>>? OnRevoke { get; set; }

        public void Poll() => Consumer.Poll(TimeSpan.Zero);

        public void Dispose() => Consumer.Dispose();

        public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders)
        {
            Tell("assigned", leaders);
            Leaders.AddRange(leaders.Select(p => p.Partition));
            Leaders.Sort();
            return [.. leaders.SelectMany(Both).Select(p => new PartitionOffset(p, PartitionOffset.Stored))];
        }

        public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders)
        {
            OnRevoke?.Invoke(leaders);
            return Gone("revoked", leaders);
        }

        public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders) => Gone("lost", leaders);

        private static TopicPartition[] Both(TopicPartition leader) =>
            [leader, new TopicPartition("follower", leader.Partition)];

        private List<TopicPartition> Gone(string what, IReadOnlyList<TopicPartition> leaders)
        {
            Tell(what, leaders);
            Leaders.RemoveAll(p => leaders.Any(l => l.Partition == p));
            return [.. leaders.SelectMany(Both)];
        }

        /// <summary>A rebalance that changes nothing for a member is told, too, as an empty assignment.</summary>
        private void Tell(string what, IReadOnlyList<TopicPartition> leaders)
        {
            if (leaders.Count > 0)
            {
                Events.Add($"{what} {string.Join(' ', leaders.Select(p => p.Partition).Order())}");
            }
        }
    }

    private sealed class ThrowingListener : IRebalanceListener
    {
        public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders) =>
            throw new InvalidTimeZoneException("listener");

        public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders) => leaders;

        public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders) => leaders;
    }
}
