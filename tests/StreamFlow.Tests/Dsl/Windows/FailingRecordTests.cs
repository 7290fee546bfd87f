using System.Globalization;
using System.Text;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.Tests.State;
using Xunit.Abstractions;

namespace StreamFlow.Tests.Dsl.Windows;

/// <summary>
/// Aggregators of windows that fail on some records, in some of their windows, with a handler that lets them through: all that is told,
/// and what is counted as late, is as if these records had never been.
/// </summary>
public sealed class FailingRecordTests(ITestOutputHelper output)
{
    private const int Records = 400;
    private static readonly LinesSerde Lines = new();

    public static TheoryData<string, long, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, long, bool>();
            foreach (var what in new[]
            {
                "tumbling", "hopping", "sliding", "session", "hopping reduce", "sliding reduce", "hopping cogroup", "sliding cogroup",
                "session cogroup",
            })
            {
                cases.Add(what, 0, false);
                cases.Add(what, 1_000_000, false);
                if (!what.EndsWith("cogroup", StringComparison.Ordinal))
                {
                    cases.Add(what, 0, true);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Records_that_fail_are_as_if_they_had_never_been(string what, long cacheBytes, bool isFinal)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var inputs = Inputs(new Random(seed));

        var failed = new HashSet<long>();
        var number = 0L;
        var (told, late) = Run(what, isFinal, cacheBytes, inputs, _ => true, (in ErrorContext _) =>
        {
            Assert.True(failed.Add(number), "the handler is asked once about a record");
            return ErrorResponse.Continue;
        }, i => number = i);
        var (expected, expectedLate) = Run(what, isFinal, cacheBytes, inputs, i => !failed.Contains(i), ErrorPolicy.Fails, _ => { });

        Assert.InRange(failed.Count, 5, Records - 50);
        Assert.Equal(expected, told);
        Assert.Equal(expectedLate, late);
    }

    private static (string Told, long Late) Run(
        string what, bool isFinal, long cacheBytes, List<(string Topic, string Key, string Value, long Time, bool Commits)> inputs,
        Func<int, bool> isThere, ErrorHandler handler, Action<int> begins)
    {
        var harness = new TaskHarness(Describe(what, isFinal), handler, cacheBytes: cacheBytes);
        var told = new StringBuilder();
        for (var i = 0; i < inputs.Count; i++)
        {
            var (topic, key, value, time, commits) = inputs[i];
            begins(i);
            if (isThere(i))
            {
                harness.Process(topic, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), time);
            }

            if (commits)
            {
                harness.Commit();
            }
        }

        harness.Commit();
        harness.ReadBack();
        foreach (var record in harness.Take("out"))
        {
            told.Append(CultureInfo.InvariantCulture, $"{Convert.ToHexString(record.Key!)}=")
                .Append(record.Value is null ? "null" : Encoding.UTF8.GetString(record.Value))
                .Append(CultureInfo.InvariantCulture, $"@{record.Timestamp}\n");
        }

        return (told.ToString(), harness.DroppedBy(DropReason.Late));
    }

    private static List<(string Topic, string Key, string Value, long Time, bool Commits)> Inputs(Random random)
    {
        var inputs = new List<(string, string, string, long, bool)>();
        var now = 0L;
        for (var i = 0; i < Records; i++)
        {
            now += random.Next(4);
            var value = random.Next(1, 60).ToString(CultureInfo.InvariantCulture);

            // Some are far ahead: if they fail, the windows that they would close are open. They are few, for what follows them is late.
            var time = random.Next(50) == 0 ? now + 40 : Math.Max(0, now - random.Next(20));
            inputs.Add(("in", $"k{random.Next(3)}", value, time, random.Next(8) == 0));
        }

        return inputs;
    }

    private static Topology Describe(string what, bool isFinal)
    {
        var builder = new StreamsBuilder();
        var group = builder.Stream<string, List<string>>("in", new() { ValueSerde = Lines }).GroupByKey();
        var emit = isFinal ? EmitStrategy.OnWindowClose : EmitStrategy.OnWindowUpdate;
        var (size, advance, grace) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(12));
        var kept = new Materialized<string, List<string>> { ValueSerde = Lines };
        var cogroup = group.Cogroup<List<string>>((_, v, all) => Append(all, v));
        var hopping = HoppingWindows.Of(size, advance, grace);
        var sliding = SlidingWindows.Of(size, grace);
        var sessions = SessionWindows.Of(advance, grace);
        var rows = what switch
        {
            "tumbling" => group.WindowedBy(TumblingWindows.Of(size, grace)).EmitStrategy(emit)
                .Aggregate(() => new List<string>(), (_, v, all) => Append(all, v), kept),
            "hopping" => group.WindowedBy(hopping).EmitStrategy(emit)
                .Aggregate(() => new List<string>(), (_, v, all) => Append(all, v), kept),
            "hopping reduce" => group.WindowedBy(hopping).EmitStrategy(emit).Reduce(Append, kept),
            "hopping cogroup" => cogroup.WindowedBy(hopping).Aggregate(() => new List<string>(), kept),
            "sliding" => group.WindowedBy(sliding).EmitStrategy(emit)
                .Aggregate(() => new List<string>(), (_, v, all) => Append(all, v), kept),
            "sliding reduce" => group.WindowedBy(sliding).EmitStrategy(emit).Reduce(Append, kept),
            "sliding cogroup" => cogroup.WindowedBy(sliding).Aggregate(() => new List<string>(), kept),
            "session cogroup" => cogroup.WindowedBy(sessions).Aggregate(() => new List<string>(), (_, one, other) => Append(one, other), kept),
            _ => group.WindowedBy(sessions).EmitStrategy(emit).Aggregate(
                () => new List<string>(), (_, v, all) => Append(all, v), (_, one, other) => Append(one, other), kept),
        };
        rows.ToStream(record => $"{record.Key.Key} {record.Key.Window.Start} {record.Key.Window.End}")
            .MapValues(all => all is null ? null : string.Join(' ', all)).To("out");
        return builder.Build();
    }

    /// <summary>Changes the aggregate in place, and then fails by what it has become: in one window of a record, not in another.</summary>
    private static List<string> Append(List<string> all, List<string> more)
    {
        all.AddRange(more);
        all.Sort(StringComparer.Ordinal);
        return all.Sum(value => int.Parse(value, CultureInfo.InvariantCulture)) % 7 == 0
            ? throw new InvalidOperationException("half-way")
            : all;
    }
}
