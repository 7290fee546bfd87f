using StreamFlow.Clients;
using StreamFlow.Processing;
using StreamFlow.Tests.Dsl;

namespace StreamFlow.Tests.Processing;

public sealed class RefusedRecordsTests : IDisposable
{
    private readonly FakeProducer _producer = new(2);
    private readonly RecordCollector _collector;
    private readonly RefusedRecords _refused;
    private int _awaited;

    public RefusedRecordsTests()
    {
        _refused = new RefusedRecords(() => { }, () => _awaited++);
        _collector = new RecordCollector(_producer, null, _refused);
    }

    public void Dispose() => _producer.Dispose();

    [Fact]
    public void A_topic_that_refuses_everything_is_not_tried_again_before_the_next_commit()
    {
        _refused.Remember([Failure("k", 1) with { ConcernsTopic = true }]);

        Assert.Equal(KafkaErrorKind.Refused, Assert.Throws<KafkaClientException>(() => Send("other", 2)).Kind);
        Send("other", 2, "elsewhere");
        _refused.Clear();
        Send("other", 2);
        Assert.Equal(2, _producer.Count);
    }

    [Fact]
    public void A_record_refused_alone_is_known_by_its_mark_whatever_it_holds()
    {
        _refused.Remember([Failure("k", 1)]);

        var error = Assert.Throws<KafkaClientException>(() => Send("changed", 1));
        Send("k", 2);

        Assert.Equal((KafkaErrorKind.Refused, "A record for out-0 was refused: too large"), (error.Kind, error.Message));
        Assert.Equal((1, 0), (_producer.Count, _awaited));
    }

    [Fact]
    public void A_record_without_a_mark_is_known_by_what_it_holds()
    {
        _refused.Remember([Failure("k", 0)]);

        Assert.Throws<KafkaClientException>(() => Send("k", 0));
        Send("other", 0);
        Assert.Equal(1, _producer.Count);
    }

    [Fact]
    public void Records_refused_together_are_sent_by_themselves_once()
    {
        _refused.Remember([Failure("a", 1), Failure("b", 2)]);

        Send("a", 1);
        Assert.Equal((1, 2), (_producer.Count, _awaited));
        Send("a", 1);
        Assert.Equal((2, 2), (_producer.Count, _awaited));
        _refused.Remember([Failure("b", 2)]);
        Assert.Throws<KafkaClientException>(() => Send("b", 2));
    }

    [Fact]
    public void A_failure_that_may_not_come_again_is_not_remembered()
    {
        _refused.Remember([Failure("k", 1) with { Kind = KafkaErrorKind.Retriable }]);

        Assert.False(_refused.Any);
    }

    [Fact]
    public void Marks_of_neighbours_differ_and_come_again()
    {
        var context = new RecordContext(keepsRaw: false);
        var marks = new HashSet<long>();
        for (var offset = 0L; offset < 1000; offset++)
        {
            for (var partition = 0; partition < 4; partition++)
            {
                context.Set("in", partition, offset, FakeBatch.Empty, 0);
                var first = context.NextMark();
                Assert.True(marks.Add(first) && marks.Add(context.NextMark()), $"{partition} {offset}");
                context.Set("in", partition, offset, FakeBatch.Empty, 0);
                Assert.Equal(first, context.NextMark());
            }
        }

        context.Clear();
        Assert.Equal(0, context.NextMark());
        Assert.DoesNotContain(0, marks);
    }

    private static DeliveryFailure Failure(string key, long mark) => new(
        new TopicPartition("out", 0), "too large", KafkaErrorKind.Refused, System.Text.Encoding.UTF8.GetBytes(key), null) { Mark = mark };

    private void Send(string key, long mark, string topic = "out")
    {
        var record = new ByteRecord { Key = System.Text.Encoding.UTF8.GetBytes(key), HasKey = true, Mark = mark };
        _collector.SendResult(_collector.Topic(topic), 0, in record, null);
    }

    private sealed class FakeBatch : RecordBatch
    {
        public static readonly FakeBatch Empty = new();

        public override int Count => 0;

        public override ByteRecord Read(int index) => default;

        public override long Timestamp(int index) => 0;

        public override Headers? ReadHeaders(int index) => null;
    }
}
