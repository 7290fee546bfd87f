using StreamFlow.State;
using StreamFlow.Tests.State;

namespace StreamFlow.Tests.Dsl;

/// <summary>
/// One object is the value of one record, but the row of many: of each window it is in, of each aggregation that reads it.
/// A function that changes its row in place must not change those of others.
/// </summary>
public sealed class SharedValuesTests
{
    private static readonly LinesSerde Lines = new();

    [Theory]
    [InlineData(0, "k=a@25 k=a@25 k=a@25 k=a,b@26 k=a,b@26 k=a,b@26")]
    [InlineData(1_000_000, "k=a@25 k=a@25 k=a@25 k=a,b@26 k=a,b@26 k=a,b@26")]
    public void Reducer_that_changes_its_row_changes_that_of_no_other_window(long cacheBytes, string expected)
    {
        var builder = new StreamsBuilder();
        var windows = HoppingWindows.Of(TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(10), TimeSpan.Zero);
        Group(builder).WindowedBy(windows).Reduce(Append, new() { ValueSerde = Lines })
            .ToStream(record => record.Key.Key).MapValues(Text).To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 25);
        harness.Pipe("in", "k", "b", 26);

        Assert.Equal(expected, harness.Read("out"));
    }

    /// <summary>A value that takes the place of a row is the row of all windows then, before each changes its own.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Value_that_replaces_a_row_is_no_other_windows_row(long cacheBytes)
    {
        var builder = new StreamsBuilder();
        var windows = HoppingWindows.Of(TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(10), TimeSpan.Zero);
        Group(builder).WindowedBy(windows)
            .Reduce((all, more) => more[0] == "reset" ? more : Append(all, more), new() { ValueSerde = Lines })
            .ToStream(record => record.Key.Key).MapValues(Text).To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 25);
        harness.Pipe("in", "k", "reset", 26);
        harness.Read("out");
        harness.Pipe("in", "k", "b", 27);

        Assert.Equal("k=reset,b@27 k=reset,b@27 k=reset,b@27", harness.Read("out"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Reducer_that_changes_its_row_changes_that_of_no_other_reducer(long cacheBytes)
    {
        var builder = new StreamsBuilder();
        var group = Group(builder);
        group.Reduce(Append, new() { ValueSerde = Lines }).ToStream().MapValues(Text).To("one");
        group.Reduce(Append, new() { ValueSerde = Lines }).ToStream().MapValues(Text).To("two");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "b", 2);

        Assert.Equal("k=a@1 k=a,b@2", harness.Read("one"));
        Assert.Equal("k=a@1 k=a,b@2", harness.Read("two"));
    }

    /// <summary>The second table keeps objects that the first one goes on changing.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Table_of_a_tables_rows_has_true_old_values(long cacheBytes)
    {
        var builder = new StreamsBuilder();
        Group(builder)
            .Aggregate(() => new List<string>(), (_, v, all) => Append(all, v), new() { ValueSerde = Lines })
            .ToStream().GroupByKey().Reduce((_, latest) => latest, new() { ValueSerde = Lines })
            .Filter((_, all) => all.Count == 2).MapValues(Text).ToStream().To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "b", 2);
        harness.Pipe("in", "k", "c", 3);

        Assert.Equal("k=a,b@2 k=null@3", harness.Read("out"));
    }

    /// <summary>Each result meets the other stream's record as it was when it came, whatever the aggregate is by then.</summary>
    [Fact]
    public void Join_of_streams_keeps_results_that_the_aggregator_goes_on_changing()
    {
        var builder = Builder();
        Lists(builder).ToStream()
            .Join(
                builder.Stream<string, string>("other"), (all, other) => Text(all) + "/" + other,
                JoinWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero))
            .To("out");
        var harness = new TaskHarness(builder.Build());

        // Without a commit in between: what is committed is bytes.
        harness.Process("in", "k"u8.ToArray(), "a"u8.ToArray(), 1);
        harness.Process("in", "k"u8.ToArray(), "b"u8.ToArray(), 2);
        harness.Pipe("other", "k", "x", 3);

        Assert.Equal("k=a/x@3 k=a,b/x@3", harness.Read("out"));
    }

    [Fact]
    public void Result_that_waits_in_a_join_is_not_changed_by_the_aggregator()
    {
        var builder = Builder();
        Lists(builder).ToStream()
            .LeftJoin(
                builder.Stream<string, string>("other"), (all, _) => Text(all),
                JoinWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero))
            .To("out");
        var harness = new TaskHarness(builder.Build());

        // Without a commit in between: what is committed is bytes.
        harness.Process("in", "k"u8.ToArray(), "a"u8.ToArray(), 1);
        harness.Process("in", "k"u8.ToArray(), "b"u8.ToArray(), 2);
        harness.Pipe("in", "z", "z", 100);

        Assert.Equal("k=a@1 k=a,b@2", harness.Read("out"));
    }

    /// <summary>The table is made of some of the results only, so no update comes when its row's object is changed.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Table_of_some_results_keeps_those(long cacheBytes)
    {
        var builder = Builder();
        var first = Lists(builder).ToStream().Filter((_, all) => all.Count == 1).ToTable(new() { Name = "first" });
        builder.Stream<string, string>("ask").Join(first, (_, all) => Text(all)).To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "b", 2);
        harness.Pipe("ask", "k", "?", 3);

        Assert.Equal("k=a@3", harness.Read("out"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Row_that_was_looked_up_and_kept_is_not_changed_by_the_aggregator(long cacheBytes)
    {
        var builder = Builder();
        var seen = builder.Stream<string, string>("see").Join(Lists(builder), (_, all) => all).ToTable(new() { Name = "seen" });
        builder.Stream<string, string>("ask").Join(seen, (_, all) => Text(all)).To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("see", "k", "!", 2);
        harness.Pipe("in", "k", "b", 3);
        harness.Pipe("ask", "k", "?", 4);

        Assert.Equal("k=a@4", harness.Read("out"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Processor_that_keeps_a_result_finds_it_as_it_was(long cacheBytes)
    {
        var builder = Builder();
        Lists(builder).ToStream()
            .Process(() => new KeepFirst(), new() { Stores = [new KeyValueStoreBuilder<string, List<string>>("kept")] })
            .To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "b", 2);

        Assert.Equal("k=a@1 k=a@2", harness.Read("out"));
    }

    private static StreamsBuilder Builder()
    {
        var builder = new StreamsBuilder();
        builder.Serdes.Add(Lines);
        return builder;
    }

    private static KTable<string, List<string>> Lists(StreamsBuilder builder) => builder.Stream<string, List<string>>("in").GroupByKey()
        .Aggregate(() => new List<string>(), (_, value, all) => Append(all, value), new() { Name = "lists" });

    private sealed class KeepFirst : ContextualProcessor<string, List<string>, string, string>
    {
        public override void Process(Record<string, List<string>> record)
        {
            var store = Context.GetStateStore<IKeyValueStore<string, List<string>>>("kept");
            store.PutIfAbsent(record.Key, record.Value, record.Timestamp);
            store.TryGet(record.Key, out var kept);
            Context.Forward(record.WithValue(Text(kept!)));
        }
    }

    private static KGroupedStream<string, List<string>> Group(StreamsBuilder builder) =>
        builder.Stream<string, List<string>>("in", new() { ValueSerde = Lines }).GroupByKey();

    private static List<string> Append(List<string> all, List<string> more)
    {
        all.AddRange(more);
        return all;
    }

    private static string Text(List<string> all) => string.Join(',', all);
}
