using System.Text;
using StreamFlow.Clients;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Tests.Processing;

public sealed class RefusedRecordsTests
{
    private const string Sink = "sink";
    private readonly SentResults _sent = new();
    private readonly RefusedRecords _refused;
    private long _number;

    public RefusedRecordsTests() => _refused = new RefusedRecords(_sent, () => { }, () => { });

    [Fact]
    public void A_topic_that_refuses_everything_is_not_tried_again_before_the_next_commit()
    {
        _refused.Remember([Failure("k", "v", 1) with { ConcernsTopic = true }]);

        Assert.Equal(KafkaErrorKind.Refused, Assert.Throws<KafkaClientException>(() => IsSuspect("other", "v", 2)).Kind);
        Assert.False(IsSuspect("other", "v", 2, "elsewhere"));
        _refused.Clear();
        Assert.False(IsSuspect("other", "v", 2));
    }

    [Fact]
    public void A_record_refused_alone_is_known_by_its_mark_whatever_it_holds()
    {
        _refused.Remember([Failure("k", "v", 1)]);

        var error = Assert.Throws<KafkaClientException>(() => IsSuspect("changed", "too", 1));

        Assert.Equal((KafkaErrorKind.Refused, "A record for out-0 was refused: too large [SF0906]"), (error.Kind, error.Message));
        Assert.False(IsSuspect("k", "v", 2));
    }

    [Fact]
    public void What_a_flush_hands_on_is_known_by_what_it_holds()
    {
        _refused.Remember([Failure("k", "v", -1)]);

        Assert.Throws<KafkaClientException>(() => IsSuspect("k", "v", -1));
        Assert.False(IsSuspect("other", "v", -1));
        Assert.False(IsSuspect("k", "v", -2));
    }

    [Fact]
    public void What_a_flush_hands_on_is_tried_by_itself_when_it_holds_something_else_until_that_is_refused_too()
    {
        _refused.Remember([Failure("k", "v", -1)]);

        Assert.True(IsSuspect("k", "w", -1));
        _refused.Remember([Failure("k", "w", -1)]);
        Assert.Throws<KafkaClientException>(() => IsSuspect("k", "x", -1));
    }

    [Fact]
    public void Records_refused_together_are_sent_by_themselves_in_every_attempt_until_one_commits()
    {
        _refused.Remember([Failure("a", "v", 1), Failure("b", "v", 3)]);

        Assert.True(IsSuspect("a", "v", 1));
        _refused.Remember([Failure("b", "v", 3)]);
        Assert.Throws<KafkaClientException>(() => IsSuspect("b", "v", 3));
        Assert.True(IsSuspect("a", "v", 1));
        _refused.Clear();
        Assert.False(IsSuspect("a", "v", 1));
        Assert.False(IsSuspect("b", "v", 3));
    }

    [Fact]
    public void A_failure_that_may_not_come_again_or_is_of_no_result_is_not_remembered()
    {
        _refused.Remember([Failure("k", "v", 1) with { Kind = KafkaErrorKind.Retriable }]);
        _refused.Remember([Failure("k", "v", 1) with { Number = 1000 }]);

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
                var first = context.NextMark(Sink);
                Assert.True(marks.Add(first) && marks.Add(context.NextMark(Sink)), $"{partition} {offset}");
                context.Set("in", partition, offset, FakeBatch.Empty, 0);
                Assert.Equal(first, context.NextMark(Sink));
            }
        }

        Assert.All(marks, mark => Assert.True(mark > 0));
    }

    [Fact]
    public void Marks_of_what_a_flush_hands_on_tell_the_results_of_an_entry_apart_not_the_entries()
    {
        var context = new RecordContext(keepsRaw: false);
        context.Enter(new RecordOrigin("in", 0, 7, null));
        var (first, second) = (context.NextMark(Sink), context.NextMark(Sink));
        context.Enter(new RecordOrigin("in", 0, 8, null));

        Assert.Equal(first, context.NextMark(Sink));
        Assert.True(first < 0 && second < 0 && first != second);
        Assert.NotEqual(second, context.NextMark("other"));
    }

    private static ByteRecord Record(string key, string value) => new()
    {
        Key = Encoding.UTF8.GetBytes(key),
        HasKey = true,
        Value = Encoding.UTF8.GetBytes(value),
        HasValue = true,
    };

    private DeliveryFailure Failure(string key, string value, long mark)
    {
        _sent.Took(new SentResult(null!, Sink, RecordOrigin.None, mark));
        return new DeliveryFailure(
            new TopicPartition("out", 0), "too large", KafkaErrorKind.Refused, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value))
        {
            Number = _number++,
        };
    }

    private bool IsSuspect(string key, string value, long mark, string topic = "out") =>
        _refused.IsSuspect(topic, 0, Record(key, value), mark);

    private sealed class FakeBatch : RecordBatch
    {
        public static readonly FakeBatch Empty = new();

        public override int Count => 0;

        public override ByteRecord Read(int index) => default;

        public override long Timestamp(int index) => 0;

        public override Headers? ReadHeaders(int index) => null;
    }
}
