using StreamFlow.Tests.State;

namespace StreamFlow.Tests.Dsl;

/// <summary>
/// An aggregator that changes its aggregate in place and fails half-way: when the record is left out, so is what it has
/// changed by then. In Kafka Streams an aggregate is read anew for each record.
/// </summary>
public sealed class HalfChangeTests
{
    private static readonly LinesSerde Lines = new();

    public static TheoryData<string, long, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, long, int>();
            foreach (var what in new[] { "aggregate", "reduce", "windows" })
            {
                foreach (var cacheBytes in new[] { 0L, 1_000_000L })
                {
                    // The record that fails comes first, or when the row is committed, or when it is not. A reducer is not
                    // called for the first one.
                    for (var before = what == "reduce" ? 1 : 0; before < 3; before++)
                    {
                        cases.Add(what, cacheBytes, before);
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_a_failing_aggregator_has_changed_is_taken_back(string what, long cacheBytes, int before)
    {
        var harness = new TaskHarness(Build(what), static (in ErrorContext _) => ErrorResponse.Continue, cacheBytes: cacheBytes);
        var expected = new List<string>();
        for (var i = 0; i < before; i++)
        {
            Process(harness, $"v{i}");
            expected.Add($"v{i}");
            if (i == 0)
            {
                harness.Commit();
            }
        }

        Process(harness, "bad");
        Process(harness, "bad");
        Process(harness, "good");
        harness.Commit();
        expected.Add("good");

        var results = harness.Producer.Records.Where(r => r.Topic == "out").Select(r => System.Text.Encoding.UTF8.GetString(r.Value!));
        Assert.Equal(string.Join(',', expected), results.Last());
        Assert.DoesNotContain(results, r => r.Contains("bad", StringComparison.Ordinal));
        Assert.Equal(2, harness.DroppedBy(DropReason.Processing));
    }

    private static void Process(TaskHarness harness, string value) =>
        harness.Process("in", "k"u8.ToArray(), System.Text.Encoding.UTF8.GetBytes(value), 1);

    private static Topology Build(string what)
    {
        var builder = new StreamsBuilder();
        var group = builder.Stream<string, List<string>>("in", new() { ValueSerde = Lines }).GroupByKey();
        var rows = what switch
        {
            "aggregate" => group.Aggregate(
                () => new List<string>(), (_, v, all) => Append(all, v), new() { ValueSerde = Lines }).ToStream(),
            "reduce" => group.Reduce(Append, new() { ValueSerde = Lines }).ToStream(),
            _ => group.WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero))
                .Aggregate(() => new List<string>(), (_, v, all) => Append(all, v), new() { ValueSerde = Lines })
                .ToStream(record => record.Key.Key),
        };
        rows.MapValues(all => string.Join(',', all)).To("out");
        return builder.Build();
    }

    private static List<string> Append(List<string> all, List<string> more)
    {
        all.AddRange(more);
        return more.Contains("bad") ? throw new InvalidOperationException("half-way") : all;
    }
}
