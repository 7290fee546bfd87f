using System.Text;
using StreamFlow.Clients;
using StreamFlow.Kafka.Tests.Interop;
using StreamFlow.Kafka.Tests.Support;

namespace StreamFlow.Kafka.Tests.Producers;

/// <summary>One producer without transactions.</summary>
public sealed class ProducerTests : IDisposable
{
    private const int MessageSizeTooLarge = 10;
    private readonly MockCluster _cluster = new();
    private readonly KafkaClients _clients;

    public ProducerTests()
    {
        _cluster.CreateTopic("t", 3);
        _clients = TestClients.For(_cluster.BootstrapServers);
    }

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void Topic_is_looked_up_once_and_knows_its_partitions()
    {
        using var producer = _clients.Producer();
        var topic = producer.Topic("t");
        Assert.Equal(("t", 3), (topic.Name, topic.PartitionCount));
        Assert.Same(topic, producer.Topic("t"));
        Assert.Equal(-1, topic.LastDeliveredOffset(2));
        Assert.Equal(-1, topic.LastDeliveredOffset(7));
    }

    [Fact]
    public void Topic_that_does_not_exist_is_named_in_the_error()
    {
        _cluster.SetTopicError("missing", 3);
        using var producer = _clients.Producer();
        var error = Assert.Throws<KafkaClientException>(() => producer.Topic("missing"));
        Assert.Equal(KafkaErrorKind.Refused, error.Kind);
        Assert.Contains("'missing'", error.Message, StringComparison.Ordinal);
        Assert.Contains("UNKNOWN_TOPIC_OR_PART", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Partition_that_does_not_exist_is_refused()
    {
        using var producer = _clients.Producer();
        var topic = producer.Topic("t");
        var error = Assert.Throws<KafkaClientException>(() => producer.TryProduce(topic, 3, default, null));
        Assert.Contains("no partition 3", error.Message, StringComparison.Ordinal);
        Assert.Throws<KafkaClientException>(() => producer.TryProduce(topic, -1, default, null));
    }

    [Fact]
    public void Record_that_is_too_large_is_refused_with_its_partition()
    {
        using var producer = _clients.Producer();
        var topic = producer.Topic("t");
        var error = Assert.Throws<KafkaClientException>(() => producer.TryProduce(
            topic, 1, new ByteRecord { Value = new byte[2_000_000], HasValue = true }, new Headers([new("h", [1])])));
        Assert.Equal(KafkaErrorKind.Refused, error.Kind);
        Assert.Equal(new TopicPartition("t", 1), error.Partition);
        Assert.Contains("MSG_SIZE_TOO_LARGE", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Full_queue_holds_back_and_takes_more_after_a_poll()
    {
        var clients = TestClients.For(
            _cluster.BootstrapServers,
            producer: new Dictionary<string, string> { ["queue.buffering.max.messages"] = "10" });
        using var producer = clients.Producer();
        var topic = producer.Topic("t");
        var record = new ByteRecord { Value = "v"u8, HasValue = true, Timestamp = 1 };
        var accepted = 0;
        while (producer.TryProduce(topic, 0, in record, null))
        {
            accepted++;
            Assert.True(accepted <= 10, "the queue took more than its size");
        }

        Assert.Equal(10, accepted);
        Assert.True(producer.Drain(TestClients.Deadline));
        Assert.True(producer.TryProduce(topic, 0, in record, null));
        producer.Flush();
        Assert.Equal(10, topic.LastDeliveredOffset(0));
    }

    [Fact]
    public void Failed_delivery_is_reported_with_copies_of_the_record()
    {
        using var producer = _clients.Producer();
        producer.Send("t", 0, "first", "1");
        producer.Flush();
        _cluster.PushErrors(ApiKey.Produce, MessageSizeTooLarge);
        var record = new ByteRecord { Key = "key"u8, HasKey = true, Timestamp = 1 };
        Assert.True(producer.TryProduce(producer.Topic("t"), 2, in record, null));
        Assert.True(producer.Drain(TestClients.Deadline));
        Assert.True(producer.TryTakeFailure(out var failure));
        Assert.Equal(new TopicPartition("t", 2), failure.Partition);
        Assert.Equal("key", Encoding.UTF8.GetString(failure.Key!));
        Assert.Null(failure.Value);
        Assert.Equal((KafkaErrorKind.Refused, 1L, false), (failure.Kind, failure.Number, failure.ConcernsTopic));
        Assert.Contains("MSG_SIZE_TOO_LARGE", failure.Reason, StringComparison.Ordinal);
        Assert.False(producer.TryTakeFailure(out _));
        Assert.Equal(-1, producer.Topic("t").LastDeliveredOffset(2));
    }

    [Fact]
    public void Record_that_cannot_be_sent_in_time_is_reported_as_retriable()
    {
        var clients = TestClients.For(
            _cluster.BootstrapServers, producer: new Dictionary<string, string> { ["delivery.timeout.ms"] = "300" });
        using var producer = clients.Producer();
        _ = producer.Topic("t");
        _cluster.SetDown(true);
        producer.Send("t", 0, "k", "v");
        Assert.True(producer.Drain(TestClients.Deadline));
        Assert.True(producer.TryTakeFailure(out var failure));
        Assert.Equal(KafkaErrorKind.Retriable, failure.Kind);
    }

    [Fact]
    public void Drain_that_runs_out_of_time_says_so_and_goes_on_later()
    {
        using var producer = _clients.Producer();
        producer.Send("t", 0, "k", "v");
        producer.Flush();
        _cluster.SetRoundTripTime(500);
        producer.Send("t", 0, "k", "v");
        Assert.False(producer.Drain(TimeSpan.FromMilliseconds(20)));
        Assert.True(producer.Drain(TestClients.Deadline));
        Assert.Equal(1, producer.Topic("t").LastDeliveredOffset(0));
    }

    [Fact]
    public void Dispose_with_records_on_their_way_ends()
    {
        var producer = _clients.Producer();
        producer.Send("t", 0, "k", "v");
        producer.Flush();
        _cluster.SetDown(true);
        for (var i = 0; i < 1000; i++)
        {
            producer.Send("t", 0, "k", "v");
        }

        producer.Dispose();
        producer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => producer.Poll(TimeSpan.Zero));
    }

    [Fact]
    public void Calls_for_transactions_without_an_id_are_refused()
    {
        using var producer = _clients.Producer();
        Assert.Throws<InvalidOperationException>(producer.BeginTransaction);
        Assert.Throws<InvalidOperationException>(() => producer.InitTransactions(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Producing_allocates_nothing_per_record()
    {
        const int Records = 20_000;
        using var producer = _clients.Producer();
        var topic = producer.Topic("t");
        Produce(producer, topic, 5_000);
        producer.Flush();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Produce(producer, topic, Records);
        Assert.True(producer.Drain(TestClients.Deadline));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < Records / 10, $"{allocated} bytes for {Records} records");
    }

    private static void Produce(IKafkaProducer producer, ProducerTopic topic, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var record = new ByteRecord
            {
                Key = "a key"u8, HasKey = true, Value = "a value"u8, HasValue = true, Timestamp = 1_700_000_000_000,
            };
            while (!producer.TryProduce(topic, i % 3, in record, null))
            {
                producer.Poll(TimeSpan.FromMilliseconds(5));
            }
        }
    }
}
