using StreamFlow.Tests.Dsl;

namespace StreamFlow.Tests.Processing;

/// <summary>
/// A function of key and value is given null for what a record does not have. One that takes it for a value fails with
/// "Object reference not set", which tells nobody anything.
/// </summary>
public sealed class TombstoneFailureTests
{
    private readonly List<ErrorContext> _asked = [];

    public static TheoryData<string> Operators =>
    [
        "filter", "map", "map values", "map values with key", "flat map", "flat map lazily", "flat map values", "select key",
        "peek", "for each", "windowed reduce",
    ];

    [Theory]
    [MemberData(nameof(Operators))]
    public void A_function_that_dereferences_a_tombstone_is_told_that_it_was_one(string which)
    {
        var builder = new StreamsBuilder();
        Attach(which, builder.Stream<string, string>("in"));
        var harness = new TaskHarness(builder.Build(), Continue);
        harness.Pipe("in", "k", "v", 1);

        harness.Pipe("in", "k", null, 2);

        var error = Assert.Single(_asked);
        Assert.IsType<NullReferenceException>(error.Exception.InnerException);
        Assert.Contains("The record has no value, it is a tombstone", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("record => ..., and ask HasValue.", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal<(object?, bool)>(("k", false), (error.Record!.Value.Key, error.Record.Value.HasValue));
    }

    [Fact]
    public void The_failure_that_ends_the_thread_says_so_too()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Filter((_, v) => v.Length > 0).To("out");
        var harness = new TaskHarness(builder.Build());

        var error = Assert.Throws<RecordFailedException>(() => harness.Pipe("in", "k", null, 1));

        Assert.Contains("it is a tombstone", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("..", error.Message.Replace("...", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "v", "The record has no key")]
    [InlineData(null, null, "The record has neither key nor value")]
    public void A_missing_key_is_told_likewise(string? key, string? value, string expected)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Peek((k, _) => k.GetHashCode(StringComparison.Ordinal));
        var harness = new TaskHarness(builder.Build(), Continue);

        harness.Pipe("in", key, value, 1);

        Assert.Contains(expected, Assert.Single(_asked).Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_that_hands_null_on_is_told_likewise()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").MapValues(v => new Uri(v)).Filter((_, _) => true);
        var harness = new TaskHarness(builder.Build(), Continue);

        harness.Pipe("in", "k", null, 1);

        Assert.IsType<ArgumentNullException>(Assert.Single(_asked).Exception.InnerException);
        Assert.Contains("tombstone", _asked[0].Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_that_asks_a_nullable_number_for_its_value_is_told_likewise()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long?>("in").Filter((_, v) => v!.Value > 0);
        var harness = new TaskHarness(builder.Build(), Continue);

        harness.Pipe("in", "k", null, 1);

        Assert.IsType<InvalidOperationException>(Assert.Single(_asked).Exception.InnerException);
        Assert.Contains("tombstone", _asked[0].Exception.Message, StringComparison.Ordinal);
    }

    /// <summary>It is the function's own affair then.</summary>
    [Fact]
    public void Another_failure_and_one_over_a_value_that_is_there_stay_as_they_are()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string?>("in").Filter((_, v) => v is null ? throw new FormatException("mine") : ((string?)null)!.Length > 0);
        var harness = new TaskHarness(builder.Build(), Continue);

        harness.Pipe("in", "k", null, 1);
        harness.Pipe("in", "k", "v", 2);

        Assert.Equal(2, _asked.Count);
        Assert.IsType<FormatException>(_asked[0].Exception);
        Assert.IsType<NullReferenceException>(_asked[1].Exception);
    }

    private static void Attach(string which, KStream<string, string> stream)
    {
        Action attach = which switch
        {
            "filter" => () => stream.Filter((_, v) => v.Length > 0),
            "map" => () => stream.Map((k, v) => (k, v.Length)),
            "map values" => () => stream.MapValues(v => v.Length),
            "map values with key" => () => stream.MapValues((_, v) => v.Length),
            "flat map" => () => stream.FlatMap((k, v) => new[] { (k, v.Length) }),
            "flat map lazily" => () => stream.FlatMap((k, v) => Enumerable.Range(0, 1).Select(_ => (k, v.Length))),
            "flat map values" => () => stream.FlatMapValues(v => new[] { v.Length }),
            "select key" => () => stream.SelectKey((_, v) => v.Length),
            "peek" => () => stream.Peek((_, v) => v.GetHashCode(StringComparison.Ordinal)),
            "for each" => () => stream.ForEach((_, v) => v.GetHashCode(StringComparison.Ordinal)),
            "windowed reduce" => () => stream.GroupByKey()
                .WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero)).Reduce((all, v) => v.Length > 0 ? all : v),
            _ => throw new ArgumentOutOfRangeException(nameof(which)),
        };
        attach();
    }

    private ErrorResponse Continue(in ErrorContext error)
    {
        _asked.Add(error);
        return ErrorResponse.Continue;
    }
}
