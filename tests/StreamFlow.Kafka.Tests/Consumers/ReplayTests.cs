using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Clients;
using StreamFlow.Kafka.Consumers;
using StreamFlow.Kafka.Interop;
using StreamFlow.Kafka.Settings;
using StreamFlow.Kafka.Tests.Interop;
using StreamFlow.Kafka.Tests.Support;

namespace StreamFlow.Kafka.Tests.Consumers;

/// <summary>librdkafka fetches records again that were read; nobody sees them twice.</summary>
public sealed partial class ReplayTests : IDisposable
{
    private static readonly TopicPartition P0 = new("t", 0);
    private readonly MockCluster _cluster = new();
    private readonly IKafkaProducer _producer;
    private readonly NativeConsumer _native;
    private readonly ReaderSet _readers;

    public ReplayTests()
    {
        _cluster.CreateTopic("t", 1);
        _producer = TestClients.For(_cluster.BootstrapServers).Producer();
        var role = new ConsumerRole("c", "g", null, ReadCommitted: true, "earliest");
        var options = new KafkaClientOptions { BootstrapServers = _cluster.BootstrapServers };
        _native = new NativeConsumer(
            ClientSettings.ForConsumer(options, role), new ClientCallbacks("c", lines: null));
        _readers = new ReaderSet(_native, new ReaderSignals(NullLogger.Instance));
    }

    public void Dispose()
    {
        // A record still held would block the client's end.
        _readers.Close();
        _native.Dispose();
        _producer.Dispose();
        _cluster.Dispose();
    }

    [Fact]
    public void Records_of_earlier_batches_are_left_out_too()
    {
        Produce(10);
        var reader = Start(0);
        var records = Collect(reader, 10);
        Produce(3);
        records.AddRange(Collect(reader, 3));

        // What librdkafka does by itself, without a word to the reader.
        Assert.False(_native.Seek(new PartitionOffset(P0, 4), 5000).IsError);
        Produce(3);
        records.AddRange(Collect(reader, 3));
        Assert.Equal(Offsets(16), records.Select(r => r.Offset));
    }

    /// <summary>
    /// A rebalance pauses and resumes the partitions that stay. One whose beginning is being asked for is then asked for a
    /// second time, and for a third half a second after the first answer, which is out of date; the third answer sets the
    /// fetch back to the beginning if it was resumed somewhere else meanwhile.
    /// </summary>
    [Fact]
    public void Rebalances_while_the_beginning_is_looked_up_repeat_nothing()
    {
        Produce(10);
        _readers.KeepTopic("t");
        _cluster.CountRequests();
        _cluster.SetRoundTripTime(3000);
        var reader = Start(PartitionOffset.Stored);
        Await(() => _cluster.Requests(ApiKey.ListOffsets) == 1);
        Interrupt();
        Await(() => _cluster.Requests(ApiKey.ListOffsets) == 2);
        _cluster.SetRoundTripTime(0);
        var records = Collect(reader, 10);
        Interrupt();
        Await(() => _cluster.Requests(ApiKey.ListOffsets) == 3);

        // Records of the fetches that are under way come first, then what is fetched anew.
        var fetches = _cluster.Requests(ApiKey.Fetch);
        Await(() =>
        {
            TestClients.Take(reader, records);
            return _cluster.Requests(ApiKey.Fetch) > fetches + 2;
        });
        Produce(3);
        records.AddRange(Collect(reader, 3));
        Assert.Equal(Offsets(13), records.Select(r => r.Offset));
    }

    [Fact]
    public void What_the_group_has_committed_is_not_read_however_the_fetch_began()
    {
        Produce(10);
        using var member = TestClients.For(_cluster.BootstrapServers).Member("g");
        var listener = new FollowingListener();
        member.Subscribe(["t"], ["t"], listener);
        member.PollUntil(() => listener.Owned.Count == 1, "the assignment");

        // The fetch begins at 0, as nothing was committed when librdkafka asked, or is set back to that.
        member.Commit([new PartitionOffset(P0, 5)]);
        Assert.Equal(5, member.Committed([P0])[0].Offset);
        Assert.Equal(5, member.Reader(P0).Position);
        Assert.Equal(Offsets(10).Skip(5), member.Read(5, P0).Select(r => r.Offset));

        member.Seek(new PartitionOffset(P0, 2));
        _ = member.Committed([P0]);
        Assert.Equal(Offsets(10).Skip(2), member.Read(8, P0).Select(r => r.Offset));
    }

    [Fact]
    public void A_log_that_ends_before_the_position_is_read_from_where_it_begins()
    {
        Produce(10);
        Assert.Equal(Offsets(10), Collect(Start(100), 10).Select(r => r.Offset));
    }

    private static IEnumerable<long> Offsets(int count) => Enumerable.Range(0, count).Select(i => (long)i);

    private PrefetchReader Start(long offset)
    {
        Assert.False(_readers.Add([new PartitionOffset(P0, offset)]).IsError);
        Assert.True(_readers.TryGet(P0, out var reader));
        return reader;
    }

    private void Produce(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _producer.Send(P0.Topic, P0.Partition, null, i.ToString(CultureInfo.InvariantCulture));
        }

        _producer.Flush();
    }

    private List<Copied> Collect(PrefetchReader reader, int count)
    {
        var records = new List<Copied>();
        Await(() =>
        {
            TestClients.Take(reader, records);
            return records.Count >= count;
        });
        return records;
    }

    private void Await(Func<bool> done, [CallerArgumentExpression(nameof(done))] string what = "")
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!done())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestClients.Deadline, $"deadline passed waiting for: {what}");
            Assert.False(_native.Poll(5, out var error), error.Error.Text);
        }
    }

    /// <summary>Does to the partition what a rebalance does that leaves it where it is.</summary>
    private unsafe void Interrupt()
    {
        using var list = PartitionList.Of([P0]);
        Assert.Equal(0, rd_kafka_pause_partitions(Client(_native).Pointer, list.Pointer));
        Assert.Equal(0, rd_kafka_resume_partitions(Client(_native).Pointer, list.Pointer));
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_client")]
    private static extern ref ClientHandle Client(NativeConsumer consumer);

    [LibraryImport("librdkafka")]
    private static unsafe partial int rd_kafka_pause_partitions(nint client, NativePartitionList* partitions);

    [LibraryImport("librdkafka")]
    private static unsafe partial int rd_kafka_resume_partitions(nint client, NativePartitionList* partitions);
}
