using System.Globalization;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Kafka.Tests.Interop;
using StreamFlow.Kafka.Tests.Support;

namespace StreamFlow.Kafka.Tests.Producers;

/// <summary>A broker refuses batches. What a producer without transactions makes of it, request by request.</summary>
public sealed class RefusedBatchTests : IDisposable
{
    private const int MessageTooLarge = 10;
    private const int InvalidTopic = 17;
    private const int RecordListTooLarge = 18;
    private const int TopicAuthorizationFailed = 29;
    private const int InvalidTimestamp = 32;
    private const int PolicyViolation = 44;
    private const int InvalidRecord = 87;
    private readonly MockCluster _cluster = new();

    public RefusedBatchTests() => _cluster.CreateTopic("t", 2);

    public void Dispose() => _cluster.Dispose();

    [Theory]
    [InlineData(MessageTooLarge)]
    [InlineData(RecordListTooLarge)]
    [InlineData(InvalidTimestamp)]
    [InlineData(PolicyViolation)]
    [InlineData(InvalidRecord)]
    public void A_refused_batch_is_sent_again_in_smaller_ones_with_all_that_its_records_had(int error)
    {
        using var producer = Producer(batch: 1000);
        _cluster.PushErrors(ApiKey.Produce, error);
        for (var i = 0; i < 100; i++)
        {
            producer.Send("t", 0, i % 10 == 0 ? null : $"k{i % 3}", i % 7 == 0 ? null : $"{i}", 1000 + i, Numbered(i));
        }

        producer.Flush();

        var records = Read(0);
        Assert.Equal(Enumerable.Range(0, 100), records.Select(Number));
        Assert.All(records, (r, i) => Assert.Equal(
            (i % 10 == 0 ? null : $"k{i % 3}", i % 7 == 0 ? null : $"{i}", 1000L + i), (r.Key, r.Value, r.Timestamp)));
        Assert.Equal(99, producer.Topic("t").LastDeliveredOffset(0));
    }

    /// <summary>
    /// The batches behind it are on their way and get there first. Of those the records whose keys it has come once more, so
    /// that the last record of a key in the log is the last one sent; the others are not repeated.
    /// </summary>
    [Fact]
    public void What_overtook_a_refused_batch_comes_once_more_behind_it_where_keys_meet()
    {
        using var producer = Producer(batch: 10);
        _cluster.PushErrors(ApiKey.Produce, InvalidRecord);
        for (var i = 0; i < 30; i++)
        {
            producer.Send("t", 0, i < 10 || (i < 20 && i % 2 == 0) ? "a" : "b", null, 1000, Numbered(i));
        }

        producer.Flush();

        var records = Read(0);
        int[] others = [11, 13, 15, 17, 19, .. Enumerable.Range(20, 10)];
        Assert.Equal(others, records.Where(r => r.Key == "b").Select(Number));
        int[] once = [.. Enumerable.Range(0, 10), 10, 12, 14, 16, 18];
        Assert.Equal([10, 12, 14, 16, 18, .. once], records.Where(r => r.Key == "a").Select(Number));
    }

    /// <summary>It is not known what the topic takes, but half of what it did not take is tried at the most.</summary>
    [Fact]
    public void What_is_sent_again_has_the_size_that_the_topic_may_take()
    {
        using var producer = Producer(batch: 1000);
        _cluster.CountRequests();
        _cluster.PushErrors(ApiKey.Produce, MessageTooLarge);
        for (var i = 0; i < 100; i++)
        {
            producer.Send("t", 0, "k", new string('x', i < 10 ? 1_000 : 1), 1000, Numbered(i));
        }

        producer.Flush();

        // By number it would be two halves, and the first of them nearly all of it.
        Assert.True(_cluster.Requests(ApiKey.Produce) >= 4, $"{_cluster.Requests(ApiKey.Produce)} requests");
        Assert.Equal(Enumerable.Range(0, 100), Read(0).Select(Number));
    }

    [Fact]
    public void When_all_goes_well_again_the_batches_grow()
    {
        using var producer = Producer(batch: 1000);
        _cluster.CountRequests();
        _cluster.PushErrors(ApiKey.Produce, [.. Enumerable.Repeat(InvalidRecord, 6)]);
        for (var i = 0; i < 200; i++)
        {
            producer.Send("t", 0, "k", null, 1000, Numbered(i));
        }

        producer.Flush();

        // 200, 100, 50, 25, 12 and 6 are refused, and 3, 6, 12 and so on are not. In threes it would be more than 70.
        Assert.InRange(_cluster.Requests(ApiKey.Produce), 7, 30);
        Assert.Equal(Enumerable.Range(0, 200), Read(0).Select(Number));
    }

    [Fact]
    public void A_record_refused_alone_is_the_one_that_fails()
    {
        using var producer = Producer(batch: 1000);
        _cluster.PushErrors(ApiKey.Produce, InvalidRecord, InvalidRecord, InvalidRecord, 0);
        for (var i = 0; i < 4; i++)
        {
            producer.Send("t", 0, "k", $"{i}", 1000 + i, Numbered(i));
        }

        Assert.True(producer.Drain(TestClients.Deadline));

        Assert.True(producer.TryTakeFailure(out var failure));
        Assert.Equal((0L, KafkaErrorKind.Refused, false), (failure.Number, failure.Kind, failure.ConcernsTopic));
        Assert.Equal(("0", 1000L, "0"), (
            Encoding.UTF8.GetString(failure.Value!), failure.Timestamp, Encoding.UTF8.GetString(failure.Headers![0].Value!)));
        Assert.False(producer.TryTakeFailure(out _));
        Assert.Equal([1, 2, 3], Read(0).Select(Number));
    }

    /// <summary>Records are taken again only when what was refused is through, so nothing new goes before it.</summary>
    [Fact]
    public void What_is_handed_over_meanwhile_comes_behind()
    {
        using var producer = Producer(batch: 20);
        _cluster.PushErrors(ApiKey.Produce, InvalidRecord);
        for (var i = 0; i < 20; i++)
        {
            producer.Send("t", 0, "k", null, 1000, Numbered(i));
        }

        // Until the refusal is known.
        producer.Poll(TestClients.Deadline);
        for (var i = 20; i < 40; i++)
        {
            producer.Send("t", 0, "k", null, 1000, Numbered(i));
        }

        producer.Flush();

        Assert.Equal(Enumerable.Range(0, 40), Read(0).Select(Number));
    }

    [Fact]
    public void A_topic_that_found_a_batch_too_large_gets_small_ones_from_then_on()
    {
        using var producer = Producer(batch: 1000);
        _cluster.PushErrors(ApiKey.Produce, MessageTooLarge);
        Send100(producer);
        producer.Flush();
        _cluster.CountRequests();
        Send100(producer);
        producer.Flush();

        Assert.True(_cluster.Requests(ApiKey.Produce) >= 2, $"{_cluster.Requests(ApiKey.Produce)} requests");
        Assert.Equal(200, Read(0).Count);

        static void Send100(IKafkaProducer producer)
        {
            for (var i = 0; i < 100; i++)
            {
                producer.Send("t", 0, "k", "a value", headers: Numbered(i));
            }
        }
    }

    [Theory]
    [InlineData(TopicAuthorizationFailed)]
    [InlineData(InvalidTopic)]
    public void What_is_wrong_with_the_topic_is_not_tried_record_by_record(int error)
    {
        using var producer = Producer(batch: 1000);
        _cluster.CountRequests();
        _cluster.PushErrors(ApiKey.Produce, error);
        for (var i = 0; i < 20; i++)
        {
            producer.Send("t", 0, "k", $"{i}");
        }

        Assert.True(producer.Drain(TestClients.Deadline));

        for (var i = 0; i < 20; i++)
        {
            Assert.True(producer.TryTakeFailure(out var failure));
            Assert.Equal((i, KafkaErrorKind.Refused, true), (failure.Number, failure.Kind, failure.ConcernsTopic));
        }

        Assert.Equal(1, _cluster.Requests(ApiKey.Produce));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nothing_is_lost_and_keys_stay_in_order_whatever_is_refused(int seed)
    {
        var random = new Random(seed);
        using var producer = Producer(batch: random.Next(1, 30), linger: 2);
        int[] errors = [0, 0, 0, MessageTooLarge, RecordListTooLarge, InvalidTimestamp, InvalidRecord];
        _cluster.PushErrors(ApiKey.Produce, [.. Enumerable.Range(0, 40).Select(_ => errors[random.Next(errors.Length)])]);
        var sent = Enumerable.Range(0, 300).Select(_ => (Partition: random.Next(2), Key: Key(random))).ToList();
        for (var i = 0; i < sent.Count; i++)
        {
            producer.Send("t", sent[i].Partition, sent[i].Key, $"{i}", headers: Numbered(i));
            if (random.Next(50) == 0)
            {
                producer.Poll(TimeSpan.Zero);
            }
        }

        Assert.True(producer.Drain(TestClients.Deadline), $"seed {seed}");
        Check(producer, sent, $"seed {seed}");

        static string? Key(Random random) => random.Next(6) is var key and < 5 ? $"k{key}" : null;
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 20)];

    private void Check(IKafkaProducer producer, List<(int Partition, string? Key)> sent, string what)
    {
        var failed = new HashSet<int>();
        while (producer.TryTakeFailure(out var failure))
        {
            Assert.Equal(KafkaErrorKind.Refused, failure.Kind);
            Assert.True(failed.Add((int)failure.Number), what);
        }

        for (var partition = 0; partition < 2; partition++)
        {
            var log = Read(partition);
            var last = log.Select((record, at) => (Number: Number(record), At: at)).GroupBy(r => r.Number)
                .ToDictionary(g => g.Key, g => g.Max(r => r.At));
            foreach (var key in sent.Select(s => s.Key).Distinct())
            {
                var numbers = Enumerable.Range(0, sent.Count)
                    .Where(i => sent[i] == (partition, key) && !failed.Contains(i)).ToList();
                Assert.All(numbers, number => Assert.True(last.ContainsKey(number), $"{what}: {number} is lost"));
                if (key is not null)
                {
                    Assert.Equal(numbers, numbers.OrderBy(n => last[n]));
                }
            }
        }
    }

    private static Headers Numbered(int number) =>
        Headers.Empty.With("n", number.ToString(CultureInfo.InvariantCulture));

    private static int Number(Copied record) =>
        int.Parse(Encoding.UTF8.GetString(record.Headers![0].Value!), CultureInfo.InvariantCulture);

    /// <summary>One whose batches are full or wait for the drain.</summary>
    private IKafkaProducer Producer(int batch, int linger = 200)
    {
        var producer = TestClients.For(_cluster.BootstrapServers, producer: new Dictionary<string, string>
        {
            ["linger.ms"] = linger.ToString(CultureInfo.InvariantCulture),
            ["batch.num.messages"] = batch.ToString(CultureInfo.InvariantCulture),
        }).Producer();
        _ = producer.Topic("t");
        return producer;
    }

    private List<Copied> Read(int partition)
    {
        using var consumer = TestClients.For(_cluster.BootstrapServers).Loner();
        var source = new TopicPartition("t", partition);
        var (_, end) = consumer.QueryOffsets(source, TestClients.Deadline);
        consumer.Assign([new PartitionOffset(source, 0)]);
        return end == 0 ? [] : consumer.Read((int)end, source);
    }
}
