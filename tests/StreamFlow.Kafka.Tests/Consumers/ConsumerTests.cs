using System.Globalization;
using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;
using StreamFlow.Kafka.Consumers;
using StreamFlow.Kafka.Tests.Interop;
using StreamFlow.Kafka.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Kafka.Settings;

namespace StreamFlow.Kafka.Tests.Consumers;

/// <summary>One consumer with chosen partitions.</summary>
public sealed class ConsumerTests : IDisposable
{
    private static readonly TopicPartition P0 = new("t", 0);
    private static readonly TopicPartition P1 = new("t", 1);
    private readonly MockCluster _cluster = new();
    private readonly KafkaClients _clients;
    private readonly IKafkaProducer _producer;

    public ConsumerTests()
    {
        _cluster.CreateTopic("t", 2);
        _clients = TestClients.For(_cluster.BootstrapServers);
        _producer = _clients.Producer();
    }

    public void Dispose()
    {
        _producer.Dispose();
        _cluster.Dispose();
    }

    [Fact]
    public void Seek_back_and_forth_reads_from_there()
    {
        Produce(P0, 100);
        using var consumer = _clients.Loner();
        consumer.Assign([new PartitionOffset(P0, 0)]);
        Assert.Equal(100, consumer.Read(100, P0).Count);

        consumer.Seek(new PartitionOffset(P0, 90));
        Assert.Equal(90, consumer.Reader(P0).Position);
        Assert.Equal(Enumerable.Range(90, 10).Select(i => (long)i), consumer.Read(10, P0).Select(r => r.Offset));

        consumer.Seek(new PartitionOffset(P0, 5));
        consumer.Seek(new PartitionOffset(P0, 99));
        Assert.Equal(99, Assert.Single(consumer.Read(1, P0)).Offset);
        consumer.Seek(new PartitionOffset(P0, PartitionOffset.Beginning));
        Assert.Equal(0, consumer.Read(1, P0)[0].Offset);
    }

    [Fact]
    public void Seek_straight_after_assign_reads_from_there()
    {
        Produce(P0, 20);
        using var consumer = _clients.Loner();
        consumer.Assign([new PartitionOffset(P0, 0)]);
        consumer.Seek(new PartitionOffset(P0, 15));
        Assert.Equal(Enumerable.Range(15, 5).Select(i => (long)i), consumer.Read(5, P0).Select(r => r.Offset));
    }

    [Fact]
    public void Seek_drops_the_batch_at_hand()
    {
        Produce(P0, 20);
        using var consumer = _clients.Loner();
        consumer.Assign([new PartitionOffset(P0, 0)]);
        RecordBatch? batch = null;
        consumer.PollUntil(() => (batch = consumer.Reader(P0).Next()).Count > 0, "a batch");
        consumer.Seek(new PartitionOffset(P0, 3));
        Assert.Equal(0, batch!.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Timestamp(0));
    }

    [Fact]
    public void Partition_that_is_not_read_holds_back_only_itself()
    {
        const int Batches = 40;
        var clients = TestClients.For(
            _cluster.BootstrapServers, new Dictionary<string, string> { ["queued.min.messages"] = "100" });
        for (var i = 0; i < Batches; i++)
        {
            Produce(P0, 100);
        }

        using var consumer = clients.Loner();
        consumer.AssignAll("t", 2);
        for (var i = 1; i <= 5; i++)
        {
            Produce(P1, 10);
            Assert.Equal(10, consumer.Read(10, P1).Count);
        }

        var waiting = 0;
        int count;
        while ((count = consumer.Reader(P0).Next().Count) > 0)
        {
            waiting += count;
        }

        Assert.InRange(waiting, 1, (Batches * 100) - 1);
        Assert.Equal((Batches * 100) - waiting, consumer.Read((Batches * 100) - waiting, P0).Count);
    }

    [Fact]
    public void Poll_returns_when_a_record_arrives_and_not_only_at_its_timeout()
    {
        using var consumer = _clients.Loner();
        _ = _producer.Topic("t");
        consumer.AssignAll("t", 2);
        consumer.PollUntil(
            () => consumer.Reader(P0).Next().Count == 0 && consumer.Reader(P0).AtEnd
                && consumer.Reader(P1).Next().Count == 0 && consumer.Reader(P1).AtEnd,
            "the ends");
        consumer.Poll(TimeSpan.Zero);
        var timeout = TimeSpan.FromSeconds(20);
        var start = TimeProvider.System.GetTimestamp();
        _producer.Send("t", 1, "k", "v");
        while (consumer.Reader(P1).Next().Count == 0)
        {
            consumer.Poll(timeout);
        }

        Assert.True(TimeProvider.System.GetElapsedTime(start) < timeout, "the record did not end the wait");
    }

    [Fact]
    public void Offset_that_is_gone_is_reported_with_its_partition_and_mended_by_a_seek()
    {
        for (var i = 0; i < 3; i++)
        {
            Produce(P0, 10);
        }

        _cluster.DeleteRecords("t", 0, 20);
        using var consumer = _clients.Loner("error");
        consumer.Assign([new PartitionOffset(P0, 5), new PartitionOffset(P1, 0)]);
        var error = Assert.Throws<KafkaClientException>(() => consumer.Read(1, P0, P1));
        Assert.Equal(KafkaErrorKind.OffsetOutOfRange, error.Kind);
        Assert.Equal(P0, error.Partition);
        Assert.Contains("t-0", error.Message, StringComparison.Ordinal);

        consumer.Seek(new PartitionOffset(P0, consumer.QueryOffsets(P0, TestClients.Deadline).Beginning));
        Assert.Equal(20, consumer.Read(10, P0)[0].Offset);
    }

    [Fact]
    public void Assign_keeps_what_goes_on_and_stops_what_is_missing()
    {
        Produce(P0, 10);
        Produce(P1, 10);
        using var consumer = _clients.Loner();
        consumer.Assign([new PartitionOffset(P0, 0)]);
        _ = consumer.Read(10, P0);
        var reader = consumer.Reader(P0);
        consumer.Assign([new PartitionOffset(P0, 10), new PartitionOffset(P1, 4)]);
        Assert.Same(reader, consumer.Reader(P0));
        Assert.Equal(4, consumer.Read(6, P1)[0].Offset);
        consumer.Assign([new PartitionOffset(P1, 10)]);
        Assert.Throws<InvalidOperationException>(() => consumer.Reader(P0));
        consumer.Assign([new PartitionOffset(P1, 2)]);
        Assert.Equal(2, consumer.Read(8, P1)[0].Offset);
        consumer.Assign([]);
        Assert.Throws<InvalidOperationException>(() => consumer.Reader(P1));
    }

    /// <summary>librdkafka knows no partitions for a moment when brokers come back: who asks for a known one asks again.</summary>
    [Fact]
    public void QueryOffsets_of_a_partition_that_is_not_known_now_may_be_tried_again()
    {
        using var consumer = _clients.Loner();

        var error = Assert.Throws<KafkaClientException>(() => consumer.QueryOffsets(new TopicPartition("t", 77), TestClients.Deadline));

        Assert.Equal(KafkaErrorKind.Retriable, error.Kind);
        Assert.Contains("t-77", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void QueryOffsets_says_where_the_log_begins_and_ends()
    {
        Produce(P0, 10);
        Produce(P0, 10);
        _cluster.DeleteRecords("t", 0, 10);
        using var consumer = _clients.Loner();
        Assert.Equal((10, 20), consumer.QueryOffsets(P0, TestClients.Deadline));
        Assert.Equal((0, 0), consumer.QueryOffsets(P1, TestClients.Deadline));
        Assert.Throws<KafkaClientException>(
            () => consumer.QueryOffsets(new TopicPartition("missing", 0), TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void Close_with_a_batch_at_hand_ends_and_later_calls_say_so()
    {
        Produce(P0, 1000);
        var consumer = _clients.Loner();
        consumer.Assign([new PartitionOffset(P0, 0)]);
        RecordBatch? batch = null;
        consumer.PollUntil(() => (batch = consumer.Reader(P0).Next()).Count > 0, "a batch");
        consumer.Close();
        Assert.Equal(0, batch!.Count);
        consumer.Close();
        consumer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => consumer.Poll(TimeSpan.Zero));
    }

    [Fact]
    public void Reading_allocates_nothing_per_record()
    {
        const int Records = 50_000;
        for (var i = 0; i < Records; i++)
        {
            _producer.Send("t", 0, "a key of 20 bytes   ", "a value");
        }

        _producer.Flush();
        using var consumer = _clients.Loner();
        consumer.Assign([new PartitionOffset(P0, 0)]);
        var reader = consumer.Reader(P0);
        _ = ReadSome(consumer, reader, Records / 10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = ReadSome(consumer, reader, Records - (Records / 5));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < read / 10, $"{allocated} bytes for {read} records");
    }

    private static int ReadSome(IKafkaConsumer consumer, PartitionReader reader, int count)
    {
        var read = 0;
        var sum = 0L;
        while (read < count)
        {
            var batch = reader.Next();
            for (var i = 0; i < batch.Count; i++)
            {
                var record = batch.Read(i);
                sum += record.Key.Length + record.Value.Length + record.Timestamp;
            }

            read += batch.Count;
            consumer.Poll(batch.Count == 0 ? TimeSpan.FromMilliseconds(10) : TimeSpan.Zero);
        }

        return read;
    }

    private void Produce(TopicPartition partition, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _producer.Send(partition.Topic, partition.Partition, null, i.ToString(CultureInfo.InvariantCulture));
        }

        _producer.Flush();
    }
}
