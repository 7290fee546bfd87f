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
            _cluster.BootstrapServers, new Dictionary<string, string> { ["session.timeout.ms"] = "6000" });
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

    [Fact]
    public void Committed_without_a_commit_is_minus_one()
    {
        using var consumer = _clients.Member("empty");
        var partition = new TopicPartition("leader", 0);
        Assert.Equal([new PartitionOffset(partition, -1)], consumer.Committed([partition]));
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
