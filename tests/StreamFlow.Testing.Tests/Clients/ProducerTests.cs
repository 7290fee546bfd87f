using StreamFlow.Clients;

namespace StreamFlow.Testing.Tests.Clients;

public sealed class ProducerTests
{
    private static readonly TopicPartition T0 = new("t", 0);
    private readonly VirtualTime _time = new();
    private readonly InMemoryKafka _kafka;

    public ProducerTests()
    {
        _kafka = new InMemoryKafka(new InMemoryKafkaOptions { Time = _time, ProducerQueueCapacity = 3 });
        _kafka.CreateTopic("t", 2);
    }

    [Fact]
    public void Delivered_offset_is_known_after_the_report_was_served()
    {
        using var producer = _kafka.Producer();
        var topic = producer.Topic("t");
        producer.Send("t", "a", 1);
        Assert.Equal(-1, topic.LastDeliveredOffset(1));

        producer.Poll(TimeSpan.Zero);

        Assert.Equal(0, topic.LastDeliveredOffset(1));
        Assert.Equal(-1, topic.LastDeliveredOffset(0));
        Assert.Same(topic, producer.Topic("t"));
        Assert.Equal(2, topic.PartitionCount);
    }

    [Fact]
    public void Full_queue_is_reported_until_reports_are_served()
    {
        using var producer = _kafka.Producer();
        Assert.True(producer.Send("t", "a"));
        Assert.True(producer.Send("t", "b"));
        Assert.True(producer.Send("t", "c"));
        Assert.False(producer.Send("t", "d"));

        producer.Poll(TimeSpan.Zero);

        Assert.True(producer.Send("t", "d"));
        Assert.Equal(["a", "b", "c", "d"], _kafka.Values(T0));
    }

    [Fact]
    public void Scripted_full_queue_refuses_as_often_as_told()
    {
        using var producer = _kafka.Producer();
        var fault = _kafka.Faults.FillQueue(new() { Times = 2 });

        Assert.False(producer.Send("t", "a"));
        Assert.False(producer.Send("t", "a"));
        Assert.True(producer.Send("t", "a"));
        Assert.Equal(2, fault.Hits);
        Assert.Equal(["a"], _kafka.Values(T0));
    }

    [Fact]
    public void Failed_delivery_is_handed_over_once_with_the_record()
    {
        using var producer = _kafka.Producer();
        _kafka.Faults.Fail(ClientCall.Produce, KafkaErrorKind.Retriable, new() { Nth = 2, Topic = "t" });
        producer.Send("t", "a");
        producer.Send("t", "b");
        Assert.False(producer.TryTakeFailure(out _));
        Assert.True(producer.Drain(ClientsExtensions.Timeout));

        Assert.True(producer.TryTakeFailure(out var failure));
        Assert.Equal(T0, failure.Partition);
        Assert.Equal(KafkaErrorKind.Retriable, failure.Kind);
        Assert.Equal("b"u8.ToArray(), failure.Value);
        Assert.False(producer.TryTakeFailure(out _));
        Assert.Equal(["a"], _kafka.Values(T0));
    }

    [Fact]
    public void Delayed_record_holds_those_behind_it_until_the_clock_moves()
    {
        using var producer = _kafka.Producer();
        _kafka.Faults.Delay(ClientCall.Produce, TimeSpan.FromSeconds(2));
        producer.Send("t", "a");
        producer.Send("t", "b");

        Assert.False(producer.Drain(TimeSpan.Zero));
        Assert.Empty(_kafka.Values(T0));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(producer.Drain(TimeSpan.Zero));
        Assert.Equal(["a", "b"], _kafka.Values(T0));
    }

    [Fact]
    public void Record_larger_than_the_topic_allows_fails_its_delivery()
    {
        _kafka.CreateTopic("small", 1, new Dictionary<string, string> { ["max.message.bytes"] = "10" });
        using var producer = _kafka.Producer();
        producer.Send("small", "123456789");
        producer.Send("small", "1234567890");
        producer.Drain(ClientsExtensions.Timeout);

        Assert.True(producer.TryTakeFailure(out var failure));
        Assert.Contains("MSG_SIZE_TOO_LARGE", failure.Reason, StringComparison.Ordinal);
        Assert.Equal(["123456789"], _kafka.Values(new TopicPartition("small", 0)));
    }

    [Fact]
    public void Unknown_topic_or_partition_is_named()
    {
        using var producer = _kafka.Producer();
        var noTopic = Assert.Throws<KafkaClientException>(() => producer.Topic("nope"));
        Assert.Contains("'nope'", noTopic.Message, StringComparison.Ordinal);
        var noPartition = Assert.Throws<KafkaClientException>(() => producer.Send("t", "a", 2));
        Assert.Contains("no partition 2", noPartition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Topic_is_created_where_that_is_allowed()
    {
        var kafka = new InMemoryKafka(new InMemoryKafkaOptions { AutoCreateTopics = true, DefaultPartitions = 3 });
        using var producer = kafka.Producer();
        Assert.Equal(3, producer.Topic("new").PartitionCount);
        Assert.Equal(["new"], kafka.Topics);
    }

    [Fact]
    public void Tombstone_differs_from_an_empty_value()
    {
        using var producer = _kafka.Producer();
        producer.Send("t", string.Empty);
        producer.Send("t", null);

        var records = _kafka.Read(T0);
        Assert.Empty(records[0].Value!);
        Assert.Null(records[1].Value);
    }

    [Fact]
    public void Log_append_time_replaces_the_producers_timestamp()
    {
        _kafka.CreateTopic("log", 1, new Dictionary<string, string> { ["message.timestamp.type"] = "LogAppendTime" });
        using var producer = _kafka.Producer();
        producer.Send("log", "a");
        var record = _kafka.Read(new TopicPartition("log", 0))[0];
        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), record.Timestamp);
    }
}
