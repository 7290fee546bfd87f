using StreamFlow.Clients;
using StreamFlow.Kafka.Tests.Interop;
using StreamFlow.Kafka.Tests.Support;

namespace StreamFlow.Kafka.Tests.Consumers;

/// <summary>What is produced comes back as it was.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly MockCluster _cluster = new();
    private readonly KafkaClients _clients;

    public RoundTripTests()
    {
        _cluster.CreateTopic("t", 2);
        _clients = TestClients.For(_cluster.BootstrapServers);
    }

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void Record_with_null_empty_or_filled_key_and_value_comes_back_the_same()
    {
        string?[] texts = [null, "", "a", "äöü\0x"];
        using var producer = _clients.Producer();
        foreach (var key in texts)
        {
            foreach (var value in texts)
            {
                producer.Send("t", 1, key, value, 1_234_567_890_123);
            }
        }

        producer.Flush();
        using var consumer = _clients.Loner();
        consumer.AssignAll("t", 2);
        var records = consumer.Read(16, new TopicPartition("t", 1));

        Assert.Equal(
            from key in texts from value in texts select (key, value), records.Select(r => (r.Key, r.Value)));
        Assert.Equal(Enumerable.Range(0, 16).Select(i => (long)i), records.Select(r => r.Offset));
        Assert.All(records, r => Assert.Equal(1_234_567_890_123, r.Timestamp));
        Assert.All(records, r => Assert.Null(r.Headers));
        Assert.Equal(15, producer.Topic("t").LastDeliveredOffset(1));
        Assert.Equal(-1, producer.Topic("t").LastDeliveredOffset(0));
    }

    [Fact]
    public void Headers_come_back_in_order_with_null_and_empty_values_and_repeated_names()
    {
        var headers = new Headers(
            [new Header("a", [1, 2]), new Header("b", null), new Header("a", []), new Header("ü", [0])]);
        using var producer = _clients.Producer();
        producer.Send("t", 0, "k", "v", headers: headers);
        producer.Send("t", 0, "k", "v", headers: Headers.Empty);
        producer.Flush();
        using var consumer = _clients.Loner();
        consumer.AssignAll("t", 2);
        var records = consumer.Read(2, new TopicPartition("t", 0));

        Assert.Equal(headers.Select(h => h.Key), records[0].Headers!.Select(h => h.Key));
        Assert.Equal(headers.Select(h => h.Value), records[0].Headers!.Select(h => h.Value));
        Assert.Null(records[1].Headers);
    }

    [Fact]
    public void Position_and_end_follow_the_records()
    {
        using var producer = _clients.Producer();
        producer.Send("t", 0, "k", "v");
        producer.Flush();
        using var consumer = _clients.Loner();
        var partition = new TopicPartition("t", 0);
        consumer.Assign([new PartitionOffset(partition, 0)]);
        var reader = consumer.Reader(partition);
        Assert.Equal(0, reader.Position);
        Assert.False(reader.AtEnd);

        var records = new List<Copied>();
        consumer.PollUntil(
            () =>
            {
                TestClients.Take(reader, records);
                return reader.AtEnd;
            },
            "the end");
        Assert.Single(records);
        Assert.Equal(1, reader.Position);

        producer.Send("t", 0, "k", "v2");
        producer.Flush();
        Assert.Equal("v2", Assert.Single(consumer.Read(1, partition)).Value);
        Assert.Equal(2, reader.Position);
    }
}
