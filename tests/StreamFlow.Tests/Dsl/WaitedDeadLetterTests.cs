using System.Text;
using StreamFlow.Processing;

namespace StreamFlow.Tests.Dsl;

/// <summary>
/// What has waited and fails when another record lets it go: the dead letter is what has waited, and says so, not the record that came by.
/// </summary>
public sealed class WaitedDeadLetterTests
{
    [Theory]
    [InlineData("suppressed", "KTABLE-SUPPRESS-", "6B", "old", 1)]
    [InlineData("suppressed window", "KTABLE-SUPPRESS-", "6B0000000000000000", "old", 1)]
    [InlineData("window", "KSTREAM-REDUCE-", "6B0000000000000000", "old", 1)]
    [InlineData("sliding window", "KSTREAM-REDUCE-", "6B0000000000000000", "old", 1)]
    [InlineData("session", "KSTREAM-REDUCE-", "6B00000000000000010000000000000001", "old", 1)]
    [InlineData("stream join", "KSTREAM-", "6B", "old", 1)]
    [InlineData("joiner", "KSTREAM-", "6B", "old", 1)]
    [InlineData("grace join", "KSTREAM-LEFTJOIN-", "6B", "old", 1)]
    [InlineData("row", "KTABLE-SUPPRESS-", "6B", "old", 1)]
    public void A_dead_letter_is_that_of_what_has_waited(string what, string node, string key, string value, long time)
    {
        var asked = new List<string?>();
        var harness = new TaskHarness(
            Describe(what),
            (in ErrorContext error) =>
            {
                asked.Add(error.WaitedAt);
                return ErrorResponse.DeadLetter;
            },
            cacheBytes: what == "row" ? 1_000_000 : 0);

        harness.Pipe("in", "k", "old", 1);
        harness.Pipe("in", "other", "new", 1000);

        var letter = Assert.Single(harness.Take("dead"));
        Assert.StartsWith(node, Assert.Single(asked), StringComparison.Ordinal);
        Assert.Equal(key, Convert.ToHexString(letter.Key!));
        Assert.Equal(value, Encoding.UTF8.GetString(letter.Value!));
        Assert.Equal(time, letter.Timestamp);
        Assert.Equal(
            asked[0], Encoding.UTF8.GetString(Assert.Single(letter.Headers!, h => h.Key == "streamflow.errors.waited.at").Value!));
    }

    /// <summary>What fails of the record at hand, before or after it has let others go, is its own failure.</summary>
    [Fact]
    public void The_record_that_lets_others_go_is_itself_again_afterwards()
    {
        var builder = new StreamsBuilder();
        var table = builder.Table<string, string>("in");
        table.Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMilliseconds(10))).ToStream().MapValues(Fail).To("out");
        table.ToStream().MapValues(Fail).To("out2");
        var asked = new List<string?>();
        var harness = new TaskHarness(builder.Build(), (in ErrorContext error) =>
        {
            asked.Add(error.WaitedAt);
            return ErrorResponse.Continue;
        });

        harness.Pipe("in", "a", "old", 1);
        harness.Pipe("in", "b", "old", 100);

        Assert.Equal([null, "KTABLE-SUPPRESS-0000000003", null], asked);
    }

    [Fact]
    public void Nested_waits_end_one_by_one()
    {
        var builder = new StreamsBuilder();
        var table = builder.Table<string, string>("in").Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMilliseconds(10)));
        table.Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMilliseconds(10))).ToStream().MapValues(Fail).To("out");
        table.ToStream().MapValues(Fail).To("out2");
        var asked = new List<string?>();
        var harness = new TaskHarness(builder.Build(), (in ErrorContext error) =>
        {
            asked.Add(error.WaitedAt);
            return ErrorResponse.Continue;
        });

        harness.Pipe("in", "a", "old", 1);
        harness.Pipe("in", "b", "old", 100);
        harness.Pipe("in", "c", "old", 200);

        Assert.Equal(3, asked.Count);
        Assert.Equal("KTABLE-SUPPRESS-0000000003", asked[0]);
        Assert.NotEqual(asked[0], asked[1]);
        Assert.Equal(asked[0], asked[2]);
    }

    private static Topology Describe(string what)
    {
        var builder = new StreamsBuilder();
        var millisecond = TimeSpan.FromMilliseconds(1);
        if (what is "suppressed" or "row")
        {
            var table = builder.Table<string, string>("in").Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMilliseconds(100)));
            if (what == "row")
            {
                table.MapValues(v => v, new() { Name = "kept", ValueSerde = new FailingSerde() });
            }
            else
            {
                table.ToStream().MapValues(Fail).To("out");
            }

            return builder.Build();
        }

        var stream = builder.Stream<string, string>("in");
        if (what is "stream join" or "joiner")
        {
            var joined = stream.LeftJoin(
                builder.Stream<string, string>("other"),
                (one, _) => what == "joiner" ? Fail(one) : one,
                JoinWindows.Of(TimeSpan.FromMilliseconds(5), TimeSpan.Zero));
            (what == "joiner" ? joined : joined.MapValues(Fail)).To("out");
            return builder.Build();
        }

        if (what == "grace join")
        {
            stream.LeftJoin(
                    builder.Table<string, string>("rows", materialized: new() { History = TimeSpan.FromSeconds(10) }),
                    (one, _) => Fail(one),
                    new() { GracePeriod = TimeSpan.FromMilliseconds(10) })
                .To("out");
            return builder.Build();
        }

        var group = stream.GroupByKey();
        var tumbling = group.WindowedBy(TumblingWindows.Of(10 * millisecond, TimeSpan.Zero));
        var rows = what switch
        {
            "suppressed window" => tumbling.Reduce((_, v) => v).Suppress(Suppressed.UntilWindowCloses()),
            "window" => tumbling.EmitStrategy(EmitStrategy.OnWindowClose).Reduce((_, v) => v),
            "sliding window" => group.WindowedBy(SlidingWindows.Of(10 * millisecond, TimeSpan.Zero))
                .EmitStrategy(EmitStrategy.OnWindowClose).Reduce((_, v) => v),
            _ => group.WindowedBy(SessionWindows.Of(10 * millisecond, TimeSpan.Zero))
                .EmitStrategy(EmitStrategy.OnWindowClose).Reduce((_, v) => v),
        };
        rows.ToStream(record => record.Key.Key).MapValues(Fail).To("out");
        return builder.Build();
    }

    private static string Fail(string value) => value == "old" ? throw new InvalidOperationException(value) : value;

    /// <summary>Cannot write the row, which is met when the row is flushed.</summary>
    private sealed class FailingSerde : StreamFlow.Serialization.ISerde<string>
    {
        public void Serialize(string value, System.Buffers.IBufferWriter<byte> writer) => throw new InvalidOperationException(value);

        public string Deserialize(ReadOnlySpan<byte> data) => Encoding.UTF8.GetString(data);
    }
}
