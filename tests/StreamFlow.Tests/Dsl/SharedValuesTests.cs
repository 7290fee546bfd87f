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

    private static KGroupedStream<string, List<string>> Group(StreamsBuilder builder) =>
        builder.Stream<string, List<string>>("in", new() { ValueSerde = Lines }).GroupByKey();

    private static List<string> Append(List<string> all, List<string> more)
    {
        all.AddRange(more);
        return all;
    }

    private static string Text(List<string> all) => string.Join(',', all);
}
