using System.Globalization;
using StreamFlow.Clients;
using StreamFlow.Kafka.Tests.Interop;
using StreamFlow.Kafka.Tests.Support;

namespace StreamFlow.Kafka.Tests.Consumers;

/// <summary>Members of a group with leader and following topics.</summary>
public sealed class GroupTests : IDisposable
{
    private const int Partitions = 4;
    private readonly MockCluster _cluster = new();
    private readonly KafkaClients _clients;

    public GroupTests()
    {
        _cluster.CreateTopic("leader", Partitions);
        _cluster.CreateTopic("extra", Partitions);
        _clients = TestClients.For(
            _cluster.BootstrapServers, new Dictionary<string, string> { ["session.timeout.ms"] = "6000", ["heartbeat.interval.ms"] = "300" });
    }

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void Member_reads_leaders_and_extras_and_commits_both()
    {
        using var producer = _clients.Producer();
        Produce(producer, 0, 100);
        var partition = new TopicPartition("extra", 2);
        using (var first = _clients.Member("g"))
        {
            var listener = new FollowingListener("extra");
            first.Subscribe(["leader"], ["leader", "extra"], listener);
            first.PollUntil(() => listener.Owned.Count == 2 * Partitions, "the assignment");
            Assert.Equal(200, first.Read(200, [.. listener.Owned]).Count);
            first.Commit([.. listener.Owned.Select(p => new PartitionOffset(p, first.Reader(p).Position, "m"))]);
            Assert.Equal([new PartitionOffset(partition, 25, "m")], first.Committed([partition]));
            first.Close();
            Assert.Equal($"revoked {Partitions}", listener.Events[^1]);
        }

        Produce(producer, 100, 110);
        using var second = _clients.Member("g");
        var later = new FollowingListener("extra");
        second.Subscribe(["leader"], ["leader", "extra"], later);
        second.PollUntil(() => later.Owned.Count == 2 * Partitions, "the assignment");
        var records = second.Read(20, [.. later.Owned]);
        Assert.All(records, r => Assert.True(int.Parse(r.Value!, CultureInfo.InvariantCulture) >= 100));
    }

    /// <summary>
    /// A member that was away for longer than its session joins again as another one. When its old partitions come back to
    /// it, librdkafka says nothing; but others had them meanwhile.
    /// </summary>
    [Fact]
    public void Member_that_the_group_has_let_go_loses_all_before_it_is_given_the_same_again()
    {
        const int UnknownMemberId = 25;
        const int RebalanceInProgress = 27;
        using var member = _clients.Member("g");
        var listener = new FollowingListener("extra");
        member.Subscribe(["leader"], ["leader", "extra"], listener);
        member.PollUntil(() => listener.Owned.Count == 2 * Partitions, "the assignment");
        var partition = new TopicPartition("leader", 0);
        using (member.GroupMetadata())
        {
            member.Commit([new PartitionOffset(partition, 0)]);
        }

        _cluster.PushErrors(ApiKey.JoinGroup, UnknownMemberId);
        _cluster.PushErrors(ApiKey.Heartbeat, RebalanceInProgress);
        var refused = AwaitRefusal(member, partition);
        member.PollUntil(() => listener.Events.Count(e => e == $"assigned {Partitions}") == 2, "the second assignment");

        Assert.Equal(KafkaErrorKind.Migrated, refused.Kind);
        Assert.Equal([$"assigned {Partitions}", $"lost {Partitions}", $"assigned {Partitions}"], listener.Events);
        Assert.Equal(2 * Partitions, listener.Owned.Count);
        using var producer = _clients.Producer();
        Produce(producer, 0, 100);
        Assert.Equal(200, member.Read(200, [.. listener.Owned]).Count);
        member.Commit([new PartitionOffset(partition, 25)]);
    }

    /// <summary>While it does not poll, the member is not told; it must not speak for what it had before.</summary>
    private static KafkaClientException AwaitRefusal(IKafkaConsumer member, TopicPartition partition)
    {
        using var deadline = new CancellationTokenSource(TestClients.Deadline);
        while (!deadline.IsCancellationRequested)
        {
            try
            {
                member.GroupMetadata().Dispose();
                Thread.Sleep(10);
            }
            catch (KafkaClientException refused)
            {
                Assert.Throws<KafkaClientException>(() => member.Commit([new PartitionOffset(partition, 1)]));
                return refused;
            }
        }

        throw new TimeoutException("The member was not let go.");
    }

    [Fact]
    public void Committed_without_a_commit_is_minus_one()
    {
        using var consumer = _clients.Member("empty");
        var partition = new TopicPartition("leader", 0);
        Assert.Equal([new PartitionOffset(partition, -1)], consumer.Committed([partition]));
    }

    [Fact]
    public void Listener_may_look_at_the_batch_at_hand_and_commit_while_the_member_closes()
    {
        using var producer = _clients.Producer();
        Produce(producer, 0, 40);
        var partition = new TopicPartition("leader", 1);
        var member = _clients.Member("g");
        var listener = new FollowingListener("extra");
        member.Subscribe(["leader"], ["leader", "extra"], listener);
        member.PollUntil(() => listener.Owned.Count == 2 * Partitions, "the assignment");
        RecordBatch? batch = null;
        member.PollUntil(() => (batch = member.Reader(partition).Next()).Count > 0, "a batch");
        listener.BeforeRevoke = _ => member.Commit([new PartitionOffset(partition, batch!.Read(0).Offset)]);
        member.Close();
        Assert.Equal(0, batch!.Count);

        using var next = _clients.Member("g");
        Assert.Equal(0, next.Committed([partition])[0].Offset);
    }

    [Fact]
    public void Listener_that_throws_when_assigned_fails_the_poll_and_the_member_can_close()
    {
        var thrown = new InvalidOperationException("from the listener");
        var listener = new FollowingListener("extra") { ThrowOnAssigned = thrown };
        using var member = _clients.Member("g");
        member.Subscribe(["leader"], ["leader", "extra"], listener);
        Assert.Same(thrown, Assert.Throws<InvalidOperationException>(
            () => member.PollUntil(() => false, "the exception")));
        member.Poll(TimeSpan.FromMilliseconds(10));
        member.Close();
        Assert.Equal(["assigned 4", "revoked 4"], listener.Events);
    }

    [Fact]
    public void Listener_that_throws_when_revoked_fails_the_poll_and_nothing_is_read_on()
    {
        var thrown = new InvalidOperationException("from the listener");
        var listener = new FollowingListener("extra");
        using var member = _clients.Member("g");
        member.Subscribe(["leader"], ["leader", "extra"], listener);
        member.PollUntil(() => listener.Owned.Count == 2 * Partitions, "the assignment");
        listener.ThrowOnRevoked = thrown;

        var otherListener = new FollowingListener("extra");
        using var other = _clients.Member("g", "other");
        other.Subscribe(["leader"], ["leader", "extra"], otherListener);
        var start = TimeProvider.System.GetTimestamp();
        Exception? caught = null;
        while (otherListener.Owned.Count < Partitions)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestClients.Deadline, "the other got nothing");
            var exception = Xunit.Record.Exception(() => member.Poll(TimeSpan.FromMilliseconds(20)));
            caught ??= exception;
            other.Poll(TimeSpan.FromMilliseconds(20));
        }

        Assert.Same(thrown, caught);
        Assert.All(
            Enumerable.Range(0, Partitions),
            p => Assert.Throws<InvalidOperationException>(() => member.Reader(new TopicPartition("extra", p))));
        member.Close();
    }

    [Fact]
    public void Listener_that_throws_while_closing_fails_the_close_which_ends_nevertheless()
    {
        var thrown = new InvalidOperationException("from the listener");
        var listener = new FollowingListener("extra");
        var member = _clients.Member("g");
        member.Subscribe(["leader"], ["leader", "extra"], listener);
        member.PollUntil(() => listener.Owned.Count == 2 * Partitions, "the assignment");
        listener.ThrowOnRevoked = thrown;
        Assert.Same(thrown, Assert.Throws<InvalidOperationException>(() => member.Close()));
        Assert.Throws<ObjectDisposedException>(() => member.Poll(TimeSpan.Zero));
    }

    [Theory]
    [InlineData(22, KafkaErrorKind.Migrated)]
    [InlineData(25, KafkaErrorKind.Migrated)]
    [InlineData(30, KafkaErrorKind.Fatal)]
    public void Commit_that_the_group_refuses_says_what_to_do(int code, KafkaErrorKind kind)
    {
        var listener = new FollowingListener();
        using var member = _clients.Member("g");
        member.Subscribe(["leader"], ["leader"], listener);
        member.PollUntil(() => listener.Owned.Count == Partitions, "the assignment");
        _cluster.PushErrors(ApiKey.OffsetCommit, code);
        var error = Assert.Throws<KafkaClientException>(
            () => member.Commit([new PartitionOffset(new TopicPartition("leader", 0), 1)]));
        Assert.Equal(kind, error.Kind);
    }

    [Fact]
    public void Member_that_does_not_poll_in_time_is_told_so_and_loses_its_partitions()
    {
        var clients = TestClients.For(
            _cluster.BootstrapServers,
            new Dictionary<string, string> { ["max.poll.interval.ms"] = "6000", ["session.timeout.ms"] = "6000", ["heartbeat.interval.ms"] = "300" });
        var listener = new FollowingListener("extra");
        using var member = clients.Member("g");
        member.Subscribe(["leader"], ["leader", "extra"], listener);
        member.PollUntil(() => listener.Owned.Count == 2 * Partitions, "the assignment");
        using (var wait = new ManualResetEventSlim())
        {
            // Not a wait for something to happen but the very thing under test: silence for longer than allowed.
            wait.Wait(TimeSpan.FromSeconds(8));
        }

        var error = Assert.Throws<KafkaClientException>(() => member.PollUntil(() => false, "the error"));
        Assert.Equal(KafkaErrorKind.Migrated, error.Kind);
        Assert.Contains("_MAX_POLL_EXCEEDED", error.Message, StringComparison.Ordinal);
        member.PollUntil(() => listener.Events.Contains("lost 4"), "the loss");
        member.PollUntil(() => listener.Owned.Count == 2 * Partitions, "the next assignment");
    }

    [Fact]
    public void Topic_that_does_not_exist_is_reported()
    {
        _cluster.SetTopicError("missing", 3);
        var clients = TestClients.For(
            _cluster.BootstrapServers,
            new Dictionary<string, string> { ["topic.metadata.propagation.max.ms"] = "100" });
        using var member = clients.Member("g");
        member.Subscribe(["missing"], ["missing"], new FollowingListener());
        var error = Assert.Throws<KafkaClientException>(() => member.PollUntil(() => false, "the error"));
        Assert.Equal(KafkaErrorKind.Fatal, error.Kind);
        Assert.Contains("missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Subscribing_and_assigning_do_not_mix()
    {
        using var member = _clients.Member("g");
        member.Subscribe(["leader"], ["leader"], new FollowingListener());
        Assert.Throws<InvalidOperationException>(() => member.Assign([]));
    }

    private static void Produce(IKafkaProducer producer, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var value = i.ToString(CultureInfo.InvariantCulture);
            producer.Send("leader", i % Partitions, value, value);
            producer.Send("extra", i % Partitions, value, value);
        }

        producer.Flush();
    }
}
