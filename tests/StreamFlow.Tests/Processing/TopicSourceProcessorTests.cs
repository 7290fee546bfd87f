using System.Buffers;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Serialization;
using StreamFlow.Tests.Dsl;

namespace StreamFlow.Tests.Processing;

public sealed class TopicSourceProcessorTests
{
    [Fact]
    public void Key_or_value_that_cannot_be_read_goes_to_the_deserialization_handler()
    {
        var failures = new List<ErrorContext>();
        ErrorResponse Handle(in ErrorContext error)
        {
            failures.Add(error);
            return ErrorResponse.Continue;
        }

        var builder = new StreamsBuilder();
        builder.Stream<long, string>("in").To("out");
        var harness = new TaskHarness(builder.Build(), Handle);

        harness.Pipe("in", "short", "v", 1);

        var failure = Assert.Single(failures);
        Assert.Equal((ErrorStage.Deserialization, "KSTREAM-SOURCE-0000000000"), (failure.Stage, failure.Operator));
        Assert.IsType<FormatException>(failure.Exception);
        Assert.Equal(1, harness.DroppedBy(DropReason.Deserialization));
    }

    [Fact]
    public void Record_is_deserialized_once_though_its_time_is_in_it()
    {
        var serde = new Counting();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in", new()
        {
            ValueSerde = serde,
            TimestampExtractor = (record, _) => record.Value.Length,
        }).To("out", new() { ValueSerde = Serdes.String });
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "four", 1);
        harness.Pipe("in", "k", "three", 1);

        Assert.Equal("k=four@4 k=three@5", harness.Read("out"));
        Assert.Equal(2, serde.Reads);
    }

    [Fact]
    public void Heads_of_two_topics_with_equal_offsets_are_not_mixed_up()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(["a", "b"], new() { TimestampExtractor = (record, _) => record.Timestamp + 1 })
            .To("out");
        var harness = new TaskHarness(builder.Build());
        var (a, b) = (harness.Source("a"), harness.Source("b"));
        var first = new ByteRecord { Key = "k"u8, HasKey = true, Value = "a"u8, HasValue = true, Timestamp = 1 };
        var second = new ByteRecord { Key = "k"u8, HasKey = true, Value = "b"u8, HasValue = true, Timestamp = 2 };

        // Both heads are looked at before either is processed, as a task with two partitions does.
        a.TryExtractTimestamp(in first, null, -1, out var firstTime);
        b.TryExtractTimestamp(in second, null, -1, out var secondTime);
        a.Process(in first, null, firstTime);
        b.Process(in second, null, secondTime);

        Assert.Equal(
            ["a@2", "b@3"],
            harness.Producer.Records.Select(r => $"{Encoding.UTF8.GetString(r.Value!)}@{r.Timestamp}"));
    }

    [Fact]
    public void Extractor_that_throws_stops_with_the_name_of_the_source()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in", new()
        {
            TimestampExtractor = (_, _) => throw new InvalidOperationException("no time"),
            Name = "orders",
        }).To("out");
        var harness = new TaskHarness(builder.Build());

        var error = Assert.Throws<RecordFailedException>(() => harness.Pipe("in", "k", "v", 1));

        Assert.Contains("orders failed in Processing", error.Message, StringComparison.Ordinal);
        Assert.Equal("no time", error.InnerException!.Message);
    }

    /// <summary>A record without a time is one bad record, and no reason to end at each start.</summary>
    [Fact]
    public void Record_whose_time_cannot_be_had_goes_to_the_processing_handler_in_its_turn()
    {
        var failures = new List<ErrorContext>();
        ErrorResponse Handle(in ErrorContext error)
        {
            failures.Add(error);
            return ErrorResponse.Continue;
        }

        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in", new()
        {
            TimestampExtractor = (record, _) =>
                record.Value == "bad" ? throw new InvalidOperationException("no time") : record.Timestamp,
        }).To("out");
        var harness = new TaskHarness(builder.Build(), Handle);

        harness.Pipe("in", "k", "good", 1);
        harness.Pipe("in", "k", "bad", 2);
        harness.Pipe("in", "k", "better", 3);

        Assert.Equal("k=good@1 k=better@3", harness.Read("out"));
        var failure = Assert.Single(failures);
        Assert.Equal((ErrorStage.Processing, "no time"), (failure.Stage, failure.Exception.Message));
        Assert.Equal(1, harness.DroppedBy(DropReason.Processing));
    }

    [Fact]
    public void Wall_clock_is_the_time_of_reading()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in", new()
        {
            TimestampExtractor = TimestampExtractors.WallClock<string, string>(),
        }).To("out");
        var harness = new TaskHarness(builder.Build());
        var before = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

        harness.Pipe("in", "k", "v", 1);

        var after = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.InRange(harness.Take("out").Single().Timestamp, before, after);
    }

    private sealed class Counting : ISerde<string>
    {
        public int Reads { get; private set; }

        public void Serialize(string value, IBufferWriter<byte> writer) => throw new NotSupportedException();

        public string Deserialize(ReadOnlySpan<byte> data)
        {
            Reads++;
            return Encoding.UTF8.GetString(data);
        }
    }
}
