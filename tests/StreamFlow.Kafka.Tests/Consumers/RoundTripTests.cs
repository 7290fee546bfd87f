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

    /// <summary>
    /// Whether a record has any is read from the message itself: of values of all lengths at all addresses, none is missed and
    /// none made up.
    /// </summary>
    [Theory]
    [InlineData("none")]
    [InlineData("lz4")]
    [InlineData("gzip")]
    public void Headers_are_found_whatever_the_value_and_wherever_it_lies(string compression)
    {
        const int Count = 20_000;
        var headers = new Headers([new Header("h", [7])]);
        var clients = new KafkaClients(new KafkaClientOptions
        {
            BootstrapServers = _cluster.BootstrapServers,
            Producer = new Dictionary<string, string> { ["compression.type"] = compression },
        });
        using var producer = clients.Producer();
        for (var i = 0; i < Count; i++)
        {
            producer.Send("t", 0, "k", ValueOf(i), headers: i % 3 == 0 ? headers : null);
        }

        producer.Flush();
        using var consumer = clients.Loner();
        consumer.AssignAll("t", 2);
        var records = consumer.Read(Count, new TopicPartition("t", 0));

        Assert.Equal(
            Enumerable.Range(0, Count).Select(i => (ValueOf(i), i % 3 == 0)),
            records.Select(r => (r.Value, r.Headers is { Count: 1 } found && found[0].Key == "h" && found[0].Value is [7])));
        Assert.All(records.Where((_, i) => i % 3 != 0), r => Assert.Null(r.Headers));

        static string? ValueOf(int i) => i % 50 == 0 ? null : new string('v', i % 50 - 1);
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
