using System.Globalization;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

/// <summary>
/// One shape of joiner serves classes, structs, nullable structs and nullable references on either side, written as lambda
/// or as method: that this compiles without a type argument, a cast or a <c>!</c> is half of each test.
/// </summary>
public sealed class JoinerShapesTests
{
    private static readonly string[] Expected = ["k=a none@1", "k=a 7@3"];

    [Fact]
    public void Lambdas_take_a_row_of_any_type_that_may_be_missing()
    {
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Name>("t"), (v, row) => $"{v} {row?.Value.Text ?? "none"}"));
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Amount>("t"), (v, row) => $"{v} {row?.Value.Text ?? "none"}"));
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Amount?>("t"), (v, row) => $"{v} {row?.Value?.Text ?? "none"}"));
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Name?>("t"), (v, row) => $"{v} {row?.Value?.Text ?? "none"}"));
        Check(b => b.Stream<string, Amount>("s").LeftJoin(b.Table<string, Name>("t"), (v, row) => $"{v} {row?.Value.Text ?? "none"}"));
        Check(b => b.Stream<string, Amount>("s").LeftJoin(b.Table<string, Amount>("t"), (v, row) => $"{v} {row?.Value.Text ?? "none"}"));
        Check(b => b.Stream<string, Amount>("s").LeftJoin(b.Table<string, Amount?>("t"), (v, row) => $"{v} {row?.Value?.Text ?? "none"}"));
        Check(b => b.Stream<string, Amount>("s").LeftJoin(b.Table<string, Name?>("t"), (v, row) => $"{v} {row?.Value?.Text ?? "none"}"));
        Check(b => b.Stream<string, Amount?>("s").LeftJoin(b.Table<string, Name>("t"), (v, row) => $"{v} {row?.Value.Text ?? "none"}"));
        Check(b => b.Stream<string, Amount?>("s").LeftJoin(b.Table<string, Amount>("t"), (v, row) => $"{v} {row?.Value.Text ?? "none"}"));
        Check(b => b.Stream<string, Amount?>("s").LeftJoin(b.Table<string, Amount?>("t"), (v, row) => $"{v} {row?.Value?.Text ?? "none"}"));
        Check(b => b.Stream<string, Name?>("s").LeftJoin(b.Table<string, Name?>("t"), (v, row) => $"{v} {row?.Value?.Text ?? "none"}"));
    }

    [Fact]
    public void Lambdas_with_the_key_take_a_row_of_any_type_that_may_be_missing()
    {
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Name>("t"), (k, v, row) => $"{v} {row?.Value.Text ?? None(k)}"));
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Amount>("t"), (k, v, row) => $"{v} {row?.Value.Text ?? None(k)}"));
        Check(b => b.Stream<string, Amount>("s").LeftJoin(b.Table<string, Amount?>("t"), (k, v, row) => $"{v} {row?.Value?.Text ?? None(k)}"));
        Check(b => b.Stream<string, Amount?>("s").LeftJoin(b.Table<string, Name?>("t"), (k, v, row) => $"{v} {row?.Value?.Text ?? None(k)}"));
    }

    [Fact]
    public void Methods_are_joiners_too()
    {
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Name>("t"), OfClass));
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Amount>("t"), OfStruct));
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Amount?>("t"), OfNullable));
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Name?>("t"), OfNullableReference));
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Amount>("t"), OfStructWithKey));
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Name>("t"), OfAny));
        Check(b => b.Stream<string, Name>("s").LeftJoin(b.Table<string, Amount>("t"), OfAny));
    }

    [Fact]
    public void Inner_joiners_take_the_row_itself()
    {
        CheckInner(b => b.Stream<string, Name>("s").Join(b.Table<string, Name>("t"), (v, row) => $"{v} {row.Text}"));
        CheckInner(b => b.Stream<string, Amount>("s").Join(b.Table<string, Amount>("t"), (v, row) => $"{v} {row.Text}"));
        CheckInner(b => b.Stream<string, Amount?>("s").Join(b.Table<string, Amount?>("t"), (v, row) => $"{v} {row?.Text}"));
        CheckInner(b => b.Stream<string, Name>("s").Join(b.Table<string, Amount>("t"), (k, v, row) => $"{v} {row.Text}"));
        CheckInner(b => b.Stream<string, Name>("s").Join(b.Table<string, Amount>("t"), InnerOfStruct));
        CheckInner(b => b.Stream<string, Name>("s").Join(b.Table<string, Name>("t"), InnerOfClassWithKey));
    }

    [Fact]
    public void Row_comes_with_its_time()
    {
        var builder = new StreamsBuilder();
        var counts = builder.Stream<string, string>("t").GroupByKey().Count();
        builder.Stream<string, string>("s").LeftJoin(counts, (v, row) => $"{v} {row?.Value} at {row?.Timestamp}").To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("t", "k", "x", 42);
        harness.Pipe("s", "k", "a", 50);

        Assert.Equal("k=a 1 at 42@50", harness.Read("out"));
    }

    private static void Check(Func<StreamsBuilder, KStream<string, string>> join) => Assert.Equal(Expected, Run(join));

    private static void CheckInner(Func<StreamsBuilder, KStream<string, string>> join) => Assert.Equal(Expected[1..], Run(join));

    private static string[] Run(Func<StreamsBuilder, KStream<string, string>> join)
    {
        var builder = new StreamsBuilder();
        builder.Serdes
            .Add(new JsonSerde<Name>()).Add(new JsonSerde<Amount>()).Add(new JsonSerde<Amount?>());
        join(builder).To("out");
        var harness = new TaskHarness(builder.Build());
        var stream = """{"Text":"a"}""";
        harness.Pipe("s", "k", stream, 1);
        harness.Pipe("t", "k", """{"Text":"7"}""", 2);
        harness.Pipe("s", "k", stream, 3);
        return [.. harness.Take("out").Select(r => string.Create(
            CultureInfo.InvariantCulture,
            $"{System.Text.Encoding.UTF8.GetString(r.Key!)}={System.Text.Encoding.UTF8.GetString(r.Value!)}@{r.Timestamp}"))];
    }

    private static string None(string key) => key == "k" ? "none" : "another key";

    private static string OfClass(Name value, ValueAndTimestamp<Name>? row) => $"{value} {row?.Value.Text ?? "none"}";

    private static string OfStruct(Name value, ValueAndTimestamp<Amount>? row) => $"{value} {row?.Value.Text ?? "none"}";

    private static string OfNullable(Name value, ValueAndTimestamp<Amount?>? row) => $"{value} {row?.Value?.Text ?? "none"}";

    private static string OfNullableReference(Name value, ValueAndTimestamp<Name?>? row) =>
        $"{value} {row?.Value?.Text ?? "none"}";

    private static string OfStructWithKey(string key, Name value, ValueAndTimestamp<Amount>? row) =>
        $"{value} {row?.Value.Text ?? None(key)}";

    private static string OfAny<T>(Name value, ValueAndTimestamp<T>? row) =>
        row is { } found ? $"{value} {found.Value}" : $"{value} none";

    private static string InnerOfStruct(Name value, Amount row) => $"{value} {row.Text}";

    private static string InnerOfClassWithKey(string key, Name value, Name row) => $"{value} {row.Text}";

    private sealed record Name(string Text)
    {
        public override string ToString() => Text;
    }

    private readonly record struct Amount(string Text)
    {
        public override string ToString() => Text;
    }
}
