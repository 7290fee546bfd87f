using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.Testing.Tests.Clients;

public sealed class ConsumerTests
{
    private static readonly TopicPartition T0 = new("t", 0);
    private readonly VirtualTime _time = new();
    private readonly InMemoryKafka _kafka;

    public ConsumerTests()
    {
        _kafka = new InMemoryKafka(new InMemoryKafkaOptions { Time = _time, MaxBatchRecords = 2 });
        _kafka.CreateTopic("t");
    }

    [Fact]
    public void Batches_come_in_offset_order_and_move_the_position()
    {
        Append("a", "b", "c");
        using var consumer = _kafka.Consumer("c", null).Reading(T0, PartitionOffset.Beginning);
        consumer.Poll(TimeSpan.Zero);
        var reader = consumer.Reader(T0);

        Assert.Equal(0, reader.Position);
        Assert.False(reader.AtEnd);
        Assert.Equal(2, reader.Next().Count);
        Assert.Equal(2, reader.Position);
        Assert.Equal(1, reader.Next().Count);
        Assert.True(reader.AtEnd);
        Assert.Equal(0, reader.Next().Count);
        Assert.Equal(3, reader.Position);
        Append("d");
        Assert.False(reader.AtEnd);
    }

    [Fact]
    public void Nothing_is_known_before_the_first_poll()
    {
        Append("a");
        using var consumer = _kafka.Consumer("c", null).Reading(T0, PartitionOffset.Beginning);
        var reader = consumer.Reader(T0);
        Assert.Equal(-1, reader.Position);
        Assert.False(reader.AtEnd);
        Assert.Equal(0, reader.Next().Count);
    }

    [Fact]
    public void Batch_is_unusable_once_the_next_one_was_asked_for()
    {
        Append("abc");
        using var consumer = _kafka.Consumer("c", null).Reading(T0, PartitionOffset.Beginning);
        consumer.Poll(TimeSpan.Zero);
        var reader = consumer.Reader(T0);
        var batch = reader.Next();
        var kept = batch.Read(0).Value;
        reader.Next();

        Assert.NotEqual("abc"u8.ToArray(), kept.ToArray());
        Assert.Throws<InvalidOperationException>(() => batch.Timestamp(0));
    }

    [Theory]
    [InlineData("earliest", 0)]
    [InlineData("latest", 2)]
    public void Start_without_a_committed_offset_is_where_the_reset_says(string reset, long expected)
    {
        Append("a", "b");
        using var consumer = _kafka.Consumer("c", reset: reset).Reading(T0, PartitionOffset.Stored);
        consumer.Poll(TimeSpan.Zero);
        Assert.Equal(expected, consumer.Reader(T0).Position);
    }

    [Fact]
    public void Reset_error_fails_the_poll()
    {
        using var consumer = _kafka.Consumer("c", reset: "error").Reading(T0, PartitionOffset.Stored);
        var error = Assert.Throws<KafkaClientException>(() => consumer.Poll(TimeSpan.Zero));
        Assert.Contains("t-0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Position_before_the_log_start_is_reset()
    {
        Append("a", "b", "c");
        using var consumer = _kafka.Consumer("c", null).Reading(T0, 0);
        consumer.Poll(TimeSpan.Zero);
        using var admin = _kafka.CreateAdmin("admin");
        await admin.DeleteRecordsAsync([new PartitionOffset(T0, 2)], CancellationToken.None);

        Assert.Equal(["c"], consumer.ReadAll(T0));
        Assert.Equal((2, 3), consumer.QueryOffsets(T0, ClientsExtensions.Timeout));
        await Assert.ThrowsAsync<KafkaClientException>(
            () => admin.DeleteRecordsAsync([new PartitionOffset(T0, 4)], CancellationToken.None));
    }

    [Fact]
    public void Seek_goes_back_and_forth()
    {
        Append("a", "b", "c");
        using var consumer = _kafka.Consumer("c", null).Reading(T0, PartitionOffset.End);
        Assert.Empty(consumer.ReadAll(T0));
        consumer.Seek(new PartitionOffset(T0, 1));
        Assert.Equal(["b", "c"], consumer.ReadAll(T0));
    }

    [Fact]
    public void Headers_keys_and_timestamps_arrive()
    {
        var headers = Headers.Empty.With("h", "v");
        _kafka.Append(T0, null, null, 42, headers);
        using var consumer = _kafka.Consumer("c", null).Reading(T0, 0);
        consumer.Poll(TimeSpan.Zero);
        var batch = consumer.Reader(T0).Next();
        var record = batch.Read(0);

        Assert.False(record.HasKey);
        Assert.False(record.HasValue);
        Assert.Equal(42, record.Timestamp);
        Assert.Equal(42, batch.Timestamp(0));
        Assert.Equal(0, record.Offset);
        Assert.True(batch.ReadHeaders(0)!.TryGetLast("h", out var value));
        Assert.Equal("v"u8.ToArray(), value);
    }

    [Fact]
    public void Poll_waits_for_a_record_of_another_thread()
    {
        using var consumer = _kafka.Consumer("c", null).Reading(T0, 0);
        var producer = new Thread(() => Append("a"));
        producer.Start();

        consumer.Poll(TimeSpan.FromSeconds(30));

        Assert.Equal(1, consumer.Reader(T0).Next().Count);
        producer.Join();
    }

    [Fact]
    public void Poll_ends_when_the_virtual_clock_has_moved_by_the_timeout()
    {
        using var consumer = _kafka.Consumer("c", null).Reading(T0, 0);
        using var done = new ManualResetEventSlim();
        var polling = new Thread(() =>
        {
            consumer.Poll(TimeSpan.FromHours(1));
            done.Set();
        });
        polling.Start();
        var tries = 0;
        while (!done.Wait(TimeSpan.FromMilliseconds(1)))
        {
            Assert.True(++tries < 30_000, "The poll did not end.");
            _time.Advance(TimeSpan.FromHours(1));
        }

        polling.Join();
    }

    [Fact]
    public void Record_the_owner_leaves_unread_does_not_end_the_next_poll()
    {
        Append("a");
        using var consumer = _kafka.Consumer("c", null).Reading(T0, 0);
        consumer.Poll(TimeSpan.Zero);
        var start = TimeProvider.System.GetTimestamp();

        consumer.Poll(TimeSpan.FromMilliseconds(30));

        Assert.True(TimeProvider.System.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(25));
    }

    [Fact]
    public void Scripted_faults_strike_the_call_they_name()
    {
        using var consumer = _kafka.Consumer("c").Reading(T0, 0);
        _kafka.Faults.Fail(ClientCall.CommitOffsets, KafkaErrorKind.Migrated, new() { ClientId = "c", Nth = 2 });
        _kafka.Faults.Fail(ClientCall.Poll, KafkaErrorKind.Fatal, new() { ClientId = "other" });

        consumer.Poll(TimeSpan.Zero);
        consumer.Commit([new PartitionOffset(T0, 1)]);
        Assert.Throws<KafkaClientException>(() => consumer.Commit([new PartitionOffset(T0, 2)]));
        Assert.Equal(1, consumer.Committed([T0])[0].Offset);
        consumer.Commit([new PartitionOffset(T0, 3)]);
        Assert.Equal(3, consumer.Committed([T0])[0].Offset);
    }

    [Fact]
    public void Delayed_commit_waits_for_the_clock_or_real_time_and_then_counts()
    {
        using var consumer = _kafka.Consumer("c").Reading(T0, 0);
        _kafka.Faults.Delay(ClientCall.CommitOffsets, TimeSpan.FromMilliseconds(10));
        consumer.Commit([new PartitionOffset(T0, 1)]);
        Assert.Equal(1, consumer.Committed([T0])[0].Offset);
        _kafka.Faults.Delay(ClientCall.QueryOffsets, TimeSpan.FromMilliseconds(10));
        var error = Assert.Throws<KafkaClientException>(() => consumer.QueryOffsets(T0, TimeSpan.FromMilliseconds(1)));
        Assert.Equal(KafkaErrorKind.Retriable, error.Kind);
    }

    private void Append(params string[] values)
    {
        foreach (var value in values)
        {
            _kafka.Append(T0, "k"u8.ToArray(), Encoding.UTF8.GetBytes(value));
        }
    }
}
