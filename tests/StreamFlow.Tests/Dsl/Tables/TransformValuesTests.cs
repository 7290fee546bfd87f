using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Dsl.Tables;

/// <summary>Rows that a transformer makes: called for each update and deletion, once, with its stores.</summary>
public sealed class TransformValuesTests
{
    /// <summary>As recorded ("transformValues null"): a deletion is transformed too, and may leave a row.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("rows")]
    public void Deletions_are_transformed_too(string? store)
    {
        using var driver = Driver(b => b.Table<string, string>("in")
            .TransformValues(() => new Marked(), materialized: new() { Name = store }).ToStream().To("out"));
        Pipe(driver, "k", "a");
        Pipe(driver, "k", null);

        Assert.Equal(["Ta", "Tnull"], Read(driver));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("rows")]
    public void Row_that_becomes_none_is_deleted(string? store)
    {
        using var driver = Driver(b => b.Table<string, string>("in")
            .TransformValues(() => new OnlyShort(), materialized: new() { Name = store }).ToStream().To("out"));
        Pipe(driver, "k", "a");
        Pipe(driver, "k", "long");

        Assert.Equal(["a", null], Read(driver));
        if (store is not null)
        {
            Assert.False(driver.GetKeyValueStore<string, string>(store).TryGet("k", out _));
        }
    }

    /// <summary>What is counted must be taken out again as it was put in, also where the transformer would answer otherwise by then.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("rows")]
    public void Values_before_are_those_that_were_told(string? store)
    {
        using var driver = Driver(b => b.Table<string, string>("in")
            .TransformValues(() => new Numbered(), materialized: new() { Name = store })
            .GroupBy((key, value) => (value, key)).Count(new() { Name = "counts" }));
        Pipe(driver, "a", "x");
        Pipe(driver, "b", "x");
        Pipe(driver, "a", "y");

        var counts = driver.GetKeyValueStore<string, long>("counts");
        Assert.Equal(
            ["x0=0", "x1=1", "y2=1"],
            new[] { "x0", "x1", "y2" }.Select(k => $"{k}={(counts.TryGet(k, out var n) ? n : 0)}"));
    }

    [Fact]
    public void Join_finds_the_row_as_it_was_made_and_does_not_make_it_again()
    {
        using var driver = Driver(b =>
        {
            var rows = b.Table<string, string>("in").TransformValues(() => new Numbered());
            b.Stream<string, string>("events").Join(rows, (v, row) => $"{v} {row}").To("out");
        });
        Pipe(driver, "k", "x");
        driver.CreateInputTopic("events", Serdes.String, Serdes.String).Pipe("k", "1");
        driver.CreateInputTopic("events", Serdes.String, Serdes.String).Pipe("k", "2");

        Assert.Equal(["1 x0", "2 x0"], Read(driver));
    }

    [Fact]
    public void Stores_and_metadata_are_at_hand_and_others_are_refused()
    {
        using var driver = Driver(b => b.AddStateStore(new KeyValueStoreBuilder<string, string>("seen")).Table<string, string>("in")
            .TransformValues(() => new WithBefore("seen"), new() { Name = "before", StoreNames = ["seen"] }).ToStream().To("out"));
        Pipe(driver, "k", "a");
        Pipe(driver, "k", "b");

        Assert.Equal(["- a in-0 offset 0", "a b in-0 offset 1"], Read(driver));
        Assert.Contains("no access to store 'other'", Assert.Throws<StreamsException>(() => Driver(b => b.AddStateStore(
            new KeyValueStoreBuilder<string, string>("other")).Table<string, string>("in").TransformValues(() => new WithBefore("other"))
            .ToStream().To("out"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Failure_goes_to_the_processing_error_handler()
    {
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        builder.Table<string, string>("in").TransformValues(() => new OnlyShort(fails: true), new() { Name = "short" }).ToStream().To("out");
        var asked = new List<string>();
        using var driver = new TopologyTestDriver(builder.Build(), new()
        {
            Application = new()
            {
                ApplicationId = "app",
                ProcessingErrorHandler = (in ErrorContext context) =>
                {
                    asked.Add(context.Operator);
                    return ErrorResponse.Continue;
                },
            },
        });
        Pipe(driver, "k", "long");
        Pipe(driver, "k", "a");

        Assert.Equal(["a"], Read(driver));
        Assert.Equal(["short"], asked);
    }

    [Theory]
    [InlineData(false, "KTABLE-TRANSFORMVALUES-0000000003 (stores: [])")]
    [InlineData(true, "KTABLE-TRANSFORMVALUES-0000000003 (stores: [rows])")]
    public void Description_is_that_of_Kafka_Streams(bool named, string expected)
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("in")
            .TransformValues(() => new Marked(), materialized: named ? new() { Name = "rows" } : null).ToStream().To("out");

        Assert.Contains(expected, builder.Build().Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Shared_transformer_and_two_names_are_refused()
    {
        var table = new StreamsBuilder().Table<string, string>("in");
        var shared = new Marked();

        Assert.Throws<ArgumentException>(() => table.TransformValues(() => shared));
        Assert.Throws<ArgumentException>(
            () => table.TransformValues(() => new Marked(), materialized: new() { ProcessorName = "twice" }));
    }

    private static TopologyTestDriver Driver(Action<StreamsBuilder> describe)
    {
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        describe(builder);
        return new TopologyTestDriver(builder.Build());
    }

    private static void Pipe(TopologyTestDriver driver, string key, string? value) =>
        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe(key, value, timestamp: 1);

    private static List<string?> Read(TopologyTestDriver driver) =>
        [.. driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll().Select(r => r.HasValue ? r.Value : null)];

    private sealed class Marked : IValueTransformer<string, string, string>
    {
        public string? Transform(string key, ValueAndTimestamp<string>? row) => "T" + (row?.Value ?? "null");
    }

    private sealed class OnlyShort(bool fails = false) : IValueTransformer<string, string, string>
    {
        public string? Transform(string key, ValueAndTimestamp<string>? row) =>
            row?.Value.Length == 1 ? row.Value.Value : fails ? throw new InvalidOperationException("long") : null;
    }

    /// <summary>Answers otherwise at each call.</summary>
    private sealed class Numbered : IValueTransformer<string, string, string>
    {
        private int _calls;

        public string? Transform(string key, ValueAndTimestamp<string>? row) => row?.Value + _calls++;
    }

    private sealed class WithBefore(string store) : IValueTransformer<string, string, string>
    {
        private ProcessingContext _context = null!;
        private IKeyValueStore<string, string> _seen = null!;

        public void Init(ProcessingContext context)
        {
            _context = context;
            _seen = context.GetStateStore<IKeyValueStore<string, string>>(store);
        }

        public string? Transform(string key, ValueAndTimestamp<string>? row)
        {
            var before = _seen.TryGet(key, out var found) ? found : "-";
            _seen.Put(key, row!.Value.Value, row.Value.Timestamp);
            return $"{before} {row.Value.Value} {_context.RecordMetadata}";
        }
    }
}
