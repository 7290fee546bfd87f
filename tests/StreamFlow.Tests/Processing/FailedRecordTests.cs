using System.Buffers;
using System.Text;
using StreamFlow.Serialization;
using StreamFlow.Tests.Dsl;

namespace StreamFlow.Tests.Processing;

/// <summary>An error handler is shown the record at the operator that failed, with key and value as they are typed there.</summary>
public sealed class FailedRecordTests
{
    private readonly List<ErrorContext> _asked = [];

    public static TheoryData<string> Operators =>
    [
        "filter", "filter record", "map", "map record", "map values", "map values with key", "flat map", "flat map lazily",
        "flat map record", "flat map values", "select key", "peek", "for each", "aggregate", "windows", "windowed aggregate",
        "table filter", "table map values", "join", "topic", "partition", "time",
    ];

    /// <summary>What reaches each operator is key "k" as text and the value 42 as a number, at time 7.</summary>
    [Theory]
    [MemberData(nameof(Operators))]
    public void Every_operator_shows_the_record_it_failed_on(string which)
    {
        var builder = new StreamsBuilder();
        var numbers = builder.Stream<string, string>("in").MapValues(v => int.Parse(v, System.Globalization.CultureInfo.InvariantCulture));
        Attach(which, builder, numbers);
        var harness = new TaskHarness(builder.Build(), Continue);
        harness.Pipe("table", "k", "row", 1);

        harness.Pipe("in", "k", "42", 7, Headers.Empty.With("h", "1"));

        var error = Assert.Single(_asked);
        Assert.Equal(ErrorStage.Processing, error.Stage);
        var record = error.Record!.Value;
        Assert.Equal<(object?, object?, long)>(("k", 42, 7L), (record.Key, record.Value, record.Timestamp));
        Assert.Equal("h", Assert.Single(record.Headers!).Key);
    }

    [Theory]
    [InlineData("value")]
    [InlineData("topic")]
    [InlineData("size")]
    public void A_sink_shows_the_record_it_could_not_write_or_send(string what)
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        if (what == "topic")
        {
            stream.To(_ => "missing");
        }
        else
        {
            stream.To("out", new() { ValueSerde = what == "value" ? new NoSerde() : Serdes.String });
        }

        var harness = new TaskHarness(builder.Build(), Continue);
        harness.Producer.Missing = "missing";
        var value = new string('x', what == "size" ? FakeProducer.MaxValueBytes + 1 : 1);

        harness.Pipe("in", "k", value, 7);

        var error = Assert.Single(_asked);
        Assert.Equal(ErrorStage.Production, error.Stage);
        Assert.Equal<(object?, object?)>(("k", value), (error.Record!.Value.Key, error.Record.Value.Value));
    }

    [Fact]
    public void A_missing_part_is_missing_also_where_the_type_has_no_null()
    {
        var builder = new StreamsBuilder();
        builder.Stream<long, long>("in").Filter(_ => throw new InvalidOperationException("boom")).To("out");
        var harness = new TaskHarness(builder.Build(), Continue);

        harness.Pipe("in", null, (byte[]?)null, 7);
        harness.Pipe("in", new byte[8], null, 8);

        Assert.Equal([false, true], _asked.Select(e => e.Record!.Value.HasKey));
        Assert.Equal([false, false], _asked.Select(e => e.Record!.Value.HasValue));
        Assert.Equal(new object?[] { null, 0L }, _asked.Select(e => e.Record!.Value.Key));
    }

    [Fact]
    public void What_cannot_be_deserialized_is_no_record_yet()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in").To("out");
        var harness = new TaskHarness(builder.Build(), Continue);

        harness.Pipe("in", "k", "no number", 7);

        var error = Assert.Single(_asked);
        Assert.Equal((ErrorStage.Deserialization, false), (error.Stage, error.Record.HasValue));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void A_key_that_a_store_cannot_write_is_shown(long cacheBytes)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count(new() { KeySerde = new NoSerde() });
        var harness = new TaskHarness(builder.Build(), Continue, cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "v", 7);

        Assert.Equal<(object?, object?)>(("k", "v"), (Assert.Single(_asked).Record!.Value.Key, _asked[0].Record!.Value.Value));
    }

    private static void Attach(string which, StreamsBuilder builder, KStream<string, int> numbers)
    {
        var materialized = new Materialized<string, int> { Name = "rows" };
        var table = builder.Table("table", new Consumed<string, string>(), new() { Name = "table" });
        Action attach = which switch
        {
            "filter" => () => numbers.Filter((_, _) => Throw<bool>()),
            "filter record" => () => numbers.FilterNot(_ => Throw<bool>()),
            "map" => () => numbers.Map((_, _) => Throw<(string, int)>()),
            "map record" => () => numbers.Map(_ => Throw<Record<string, int>>()),
            "map values" => () => numbers.MapValues(_ => Throw<int>()),
            "map values with key" => () => numbers.MapValues((_, _) => Throw<int>()),
            "flat map" => () => numbers.FlatMap((_, _) => Throw<IEnumerable<(string, int)>>()),
            "flat map lazily" => () => numbers.FlatMap((k, v) => Enumerable.Range(0, 1).Select(_ => Throw<(string, int)>())),
            "flat map record" => () => numbers.FlatMap(_ => Throw<IEnumerable<Record<string, int>>>()),
            "flat map values" => () => numbers.FlatMapValues(_ => Throw<IEnumerable<int>>()),
            "select key" => () => numbers.SelectKey((_, _) => Throw<string>()),
            "peek" => () => numbers.Peek((_, _) => Throw<bool>()),
            "for each" => () => numbers.ForEach((_, _) => Throw<bool>()),
            "aggregate" => () => numbers.GroupByKey(Numbers).Aggregate(() => 0, (_, _, _) => Throw<int>(), materialized),
            "windows" => () => numbers.GroupByKey(Numbers).WindowedBy(new BrokenWindows()).Count(),
            "windowed aggregate" => () => numbers.GroupByKey(Numbers)
                .WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero)).Aggregate(() => 0, (_, _, _) => Throw<int>(), materialized),
            "table filter" => () => Rows(numbers, materialized).Filter((_, _) => Throw<bool>()),
            "table map values" => () => Rows(numbers, materialized).MapValues(_ => Throw<int>()),
            "join" => () => numbers.Join(table, (int _, string _) => Throw<int>()),
            "topic" => () => numbers.To(_ => Throw<string>()),
            "partition" => () => numbers.To("out", new() { Partitioner = (_, _, _) => Throw<int>() }),
            "time" => () => numbers.Map(record => record.WithTimestamp(-1)),
            _ => throw new ArgumentOutOfRangeException(nameof(which)),
        };
        attach();
    }

    private static Grouped<string, int> Numbers => new() { ValueSerde = Serdes.Int32 };

    private static KTable<string, int> Rows(KStream<string, int> numbers, Materialized<string, int> materialized) =>
        numbers.GroupByKey(Numbers).Aggregate(() => 0, (_, v, _) => v, materialized);

    private static T Throw<T>() => throw new InvalidOperationException("boom");

    private ErrorResponse Continue(in ErrorContext error)
    {
        _asked.Add(error);
        return ErrorResponse.Continue;
    }

    private sealed record BrokenWindows() : TimeWindows(TimeSpan.FromSeconds(1), TimeSpan.Zero)
    {
        public override Window FirstWindow(long timestamp) => Throw<Window>();

        public override Window NextWindow(Window window) => Throw<Window>();

        public override Window WindowAt(long start) => Throw<Window>();
    }

    private sealed class NoSerde : ISerde<string>
    {
        public void Serialize(string value, IBufferWriter<byte> writer) => throw new FormatException("cannot write " + value);

        public string Deserialize(ReadOnlySpan<byte> data) => Encoding.UTF8.GetString(data);
    }
}
