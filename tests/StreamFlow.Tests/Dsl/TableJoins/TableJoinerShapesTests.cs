using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.Dsl.TableJoins;

/// <summary>
/// Joiners of tables serve classes, structs and nullables on either side, with the key or without: that this compiles without a type
/// argument or a cast is half of each test.
/// </summary>
public sealed class TableJoinerShapesTests
{
    [Fact]
    public void Inner_joiners_take_both_rows_themselves()
    {
        Check("k=ab@2", (b, l, r) => b.Table<string, Name>(l).Join(b.Table<string, Name>(r), (x, y) => x.Text + y.Text));
        Check("k=ab@2", (b, l, r) => b.Table<string, Amount>(l).Join(b.Table<string, Amount>(r), (x, y) => x.Text + y.Text));
        Check("k=ab@2", (b, l, r) => b.Table<string, Name>(l).Join(b.Table<string, Amount?>(r), (x, y) => x.Text + y?.Text));
        Check("k=kab@2", (b, l, r) => b.Table<string, Name>(l).Join(b.Table<string, Amount>(r), (k, x, y) => k + x.Text + y.Text));
        Check("k=ab@2", (b, l, r) => b.Table<string, Name>(l).Join(b.Table<string, Name>(r), (_, x) => "k", (x, y) => x.Text + y.Text));
        Check(
            "k=kab@2",
            (b, l, r) => b.Table<string, Amount>(l).Join(b.Table<string, Amount>(r), (_, x) => "k", (k, x, y) => k + x.Text + y.Text));
    }

    [Fact]
    public void Left_joiners_take_a_row_that_may_be_missing()
    {
        Check("k=a-@1 k=ab@2", (b, l, r) => b.Table<string, Name>(l)
            .LeftJoin(b.Table<string, Name>(r), (x, y) => x.Text + (y?.Value.Text ?? "-")));
        Check("k=a-@1 k=ab@2", (b, l, r) => b.Table<string, Amount>(l)
            .LeftJoin(b.Table<string, Amount>(r), (x, y) => x.Text + (y?.Value.Text ?? "-")));
        Check("k=a-@1 k=ab@2", (b, l, r) => b.Table<string, Name>(l)
            .LeftJoin(b.Table<string, Amount?>(r), (x, y) => x.Text + (y?.Value?.Text ?? "-")));
        Check("k=ka-@1 k=kab@2", (b, l, r) => b.Table<string, Name>(l)
            .LeftJoin(b.Table<string, Amount>(r), (k, x, y) => k + x.Text + (y?.Value.Text ?? "-")));
        Check("k=a-@1 k=ab@2", (b, l, r) => b.Table<string, Name>(l)
            .LeftJoin(b.Table<string, Amount>(r), (_, x) => "k", (x, y) => x.Text + (y?.Value.Text ?? "-")));
        Check("k=ka-@1 k=kab@2", (b, l, r) => b.Table<string, Amount>(l)
            .LeftJoin(b.Table<string, Name>(r), (_, x) => "k", (k, x, y) => k + x.Text + (y?.Value.Text ?? "-")));
        Check("k=a-@1 k=ab@2", (b, l, r) => b.Table<string, Name>(l).LeftJoin(b.Table<string, Amount>(r), OfStruct));
    }

    [Fact]
    public void Outer_joiners_take_two_rows_that_may_be_missing()
    {
        Check("k=a-@1 k=ab@2", (b, l, r) => b.Table<string, Name>(l)
            .OuterJoin(b.Table<string, Amount>(r), (x, y) => (x?.Value.Text ?? "-") + (y?.Value.Text ?? "-")));
        Check("k=ka-@1 k=kab@2", (b, l, r) => b.Table<string, Amount>(l)
            .OuterJoin(b.Table<string, Name>(r), (k, x, y) => k + (x?.Value.Text ?? "-") + (y?.Value.Text ?? "-")));
    }

    /// <summary>Of a number 0 is a row, and a joiner of numbers makes no tombstone of it.</summary>
    [Fact]
    public void Rows_come_with_their_time_and_results_may_be_numbers()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("L").OuterJoin(
                builder.Table<string, string>("R"), (x, y) => (x?.Timestamp ?? 0) - (y?.Timestamp ?? 0))
            .ToStream().MapValues(v => $"{v}").To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("L", "k", "a", 5);
        harness.Pipe("R", "k", "b", 5);
        harness.Pipe("L", "k", null, 6);
        harness.Pipe("R", "k", null, 7);

        Assert.Equal("k=5@5 k=0@5 k=-5@6 k=null@7", harness.Read("out"));
    }

    /// <summary>What was added behind the join is what is taken out again, its time included.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Value_before_is_joined_with_its_own_time(long cacheBytes)
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("L").OuterJoin(
                builder.Table<string, string>("R"), (x, y) => $"{x?.Timestamp}/{y?.Timestamp}")
            .GroupBy((_, v) => ("g", v)).Aggregate(() => "", (_, v, a) => a + "+" + v, (_, v, a) => a + "-" + v)
            .ToStream().To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("L", "k", "a", 5);
        harness.Pipe("R", "k", "b", 6);
        harness.Pipe("L", "k", "c", 7);
        harness.Pipe("R", "k", null, 8);

        Assert.Equal("g=+5/@5 g=+5/-5/+5/6@6 g=+5/-5/+5/6-5/6+7/6@7 g=+5/-5/+5/6-5/6+7/6-7/6+7/@8", harness.Read("out"));
    }

    private static void Check(string expected, Func<StreamsBuilder, string, string, KTable<string, string>> join)
    {
        var builder = new StreamsBuilder();
        builder.Serdes.Add(new JsonSerde<Name>()).Add(new JsonSerde<Amount>()).Add(new JsonSerde<Amount?>());
        join(builder, "L", "R").ToStream().To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("L", "k", """{"Text":"a"}""", 1);
        harness.Pipe("R", "k", """{"Text":"b"}""", 2);

        Assert.Equal(expected, harness.Read("out"));
    }

    private static string OfStruct(Name value, ValueAndTimestamp<Amount>? row) => value.Text + (row?.Value.Text ?? "-");

    private sealed record Name(string Text);

    private readonly record struct Amount(string Text);
}
