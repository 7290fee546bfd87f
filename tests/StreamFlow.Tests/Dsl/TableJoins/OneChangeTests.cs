using System.Globalization;
using System.Text;
using StreamFlow.State;
using StreamFlow.Tests.Dsl.Tables;
using Xunit.Abstractions;

namespace StreamFlow.Tests.Dsl.TableJoins;

/// <summary>
/// Joins whose two sides come from one table: a change reaches both. Random changes, committed at random, in several lives: results and
/// groups behind the join are those of the rows there are.
/// </summary>
public sealed class OneChangeTests(ITestOutputHelper output)
{
    private const int Changes = 250;

    public static TheoryData<string, int, long> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, long>();
            foreach (var what in new[]
            {
                "itself", "view", "filtered", "kept view", "uncached kept view", "two kept views", "chain", "kept chain",
                "uncached kept chain", "versioned", "suppressed",
            })
            {
                for (var kind = 0; kind < 3; kind++)
                {
                    cases.Add(what, kind, 0);
                    cases.Add(what, kind, 1_000_000);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Results_and_groups_are_those_of_the_rows(string what, int kind, long cacheBytes)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var topology = Describe(what, kind);
        var backends = new Dictionary<string, InMemoryBackend>();
        var (left, right) = (new Dictionary<string, string>(), new Dictionary<string, string>());
        var (results, sums) = (new Dictionary<string, string>(), new Dictionary<string, string>());
        var time = 0L;
        for (var life = 0; life < 3; life++)
        {
            var harness = new TaskHarness(topology, cacheBytes: cacheBytes, backends: backends);
            for (var i = 0; i < Changes; i++)
            {
                Change(harness, random, random.Next(3) > 0 ? ("L", left) : ("R", right), ++time, commits: i == Changes - 1);
            }

            ResultRows.Apply(results, harness.Take("results"));
            ResultRows.Apply(sums, harness.Take("sums"));
            var expected = Rows(what, kind, left, right);
            Assert.Equal(ResultRows.Sorted(expected), ResultRows.Sorted(results));
            Assert.Equal(
                ResultRows.Sorted(expected.Values.GroupBy(Group).ToDictionary(group => group.Key, group => group.Aggregate("", With))),
                ResultRows.Sorted(sums.Where(sum => sum.Value.Length > 0)));
        }
    }

    /// <summary>Also where nobody behind the join asks for the value before.</summary>
    [Theory]
    [InlineData("itself", 0)]
    [InlineData("itself", 1_000_000)]
    [InlineData("view", 0)]
    [InlineData("view", 1_000_000)]
    [InlineData("uncached kept view", 0)]
    public void The_result_of_a_deleted_row_goes(string what, long cacheBytes)
    {
        var harness = new TaskHarness(Describe(what, kind: 0, isGrouped: false), cacheBytes: cacheBytes);
        harness.Pipe("L", "k", "2", 1);
        Assert.StartsWith("k=2/2@1", harness.Read("results"), StringComparison.Ordinal);
        harness.Pipe("L", "k", null, 2);
        Assert.Equal("k=null@2", harness.Read("results"));
    }

    private static void Change(
        TaskHarness harness, Random random, (string Topic, Dictionary<string, string> Rows) table, long time, bool commits)
    {
        var key = $"k{random.Next(4)}";
        var value = random.Next(4) == 0 ? null : random.Next(1, 30).ToString(CultureInfo.InvariantCulture);
        if (value is null)
        {
            table.Rows.Remove(key);
        }
        else
        {
            table.Rows[key] = value;
        }

        if (commits || random.Next(4) == 0)
        {
            harness.Pipe(table.Topic, key, value, time);
        }
        else
        {
            harness.Process(
                table.Topic, Encoding.UTF8.GetBytes(key), value is null ? null : Encoding.UTF8.GetBytes(value), time);
        }
    }

    private static Topology Describe(string what, int kind, bool isGrouped = true)
    {
        var builder = new StreamsBuilder();
        var left = builder.Table<string, string>("L", materialized: what == "versioned" ? new() { History = TimeSpan.FromHours(1) } : null);
        var right = builder.Table<string, string>("R");
        var joined = what switch
        {
            "itself" or "versioned" => Join(kind, left, left),
            "view" => Join(kind, left, left.MapValues(Mapped)),
            "filtered" => Join(kind, left, left.Filter((_, v) => Mapped(v) == v)),
            "kept view" => Join(kind, left, left.MapValues(Mapped, new() { Name = "v" })),
            "uncached kept view" => Join(kind, left, left.MapValues(Mapped, new() { Name = "v", CachingEnabled = false })),
            "two kept views" => Join(
                kind,
                left.MapValues(Mapped, new() { Name = "v", CachingEnabled = false }),
                left.MapValues(v => "5" + v, new() { Name = "w" })),
            "chain" => Join(kind, Join(2, left, right), left),
            "kept chain" => Join(kind, left, Join(2, left, right, new() { Name = "v" })),
            "uncached kept chain" => Join(kind, left, Join(2, left, right, new() { Name = "v", CachingEnabled = false })),
            _ => Join(kind, left, left.Suppress(Suppressed.UntilTimeLimit(TimeSpan.Zero))),
        };
        joined.ToStream().To("results");
        if (isGrouped)
        {
            joined.GroupBy((_, pair) => (Group(pair), pair))
                .Aggregate(() => "", (_, v, all) => With(all, v), (_, v, all) => Without(all, v))
                .ToStream().To("sums");
        }

        return builder.Build();
    }

    private static KTable<string, string> Join(
        int kind, KTable<string, string> left, KTable<string, string> right, Materialized<string, string>? kept = null) => kind switch
        {
            0 => left.Join(right, Pair, kept),
            1 => left.LeftJoin(right, (l, r) => Pair(l, r?.Value), kept),
            _ => left.OuterJoin(right, (l, r) => Pair(l?.Value, r?.Value), kept),
        };

    private static Dictionary<string, string> Rows(
        string what, int kind, Dictionary<string, string> left, Dictionary<string, string> right) => what switch
        {
            "itself" or "versioned" or "suppressed" => Join(kind, left, left),
            "view" or "kept view" or "uncached kept view" => Join(kind, left, Mapped(left, Mapped)),
            "filtered" => Join(kind, left, left.Where(row => Mapped(row.Value) == row.Value).ToDictionary()),
            "two kept views" => Join(kind, Mapped(left, Mapped), Mapped(left, v => "5" + v)),
            "chain" => Join(kind, Join(2, left, right), left),
            _ => Join(kind, left, Join(2, left, right)),
        };

    private static Dictionary<string, string> Join(int kind, Dictionary<string, string> left, Dictionary<string, string> right) =>
        left.Keys.Union(right.Keys)
            .Where(key => (left.ContainsKey(key) || kind == 2) && (right.ContainsKey(key) || kind != 0))
            .ToDictionary(key => key, key => Pair(left.GetValueOrDefault(key), right.GetValueOrDefault(key)));

    private static Dictionary<string, string> Mapped(Dictionary<string, string> rows, Func<string, string?> mapper) =>
        rows.Where(row => mapper(row.Value) is not null).ToDictionary(row => row.Key, row => mapper(row.Value)!);

    private static string? Mapped(string value) => value.Length > 1 && value[1] is >= '5' ? null : value;

    private static string Pair(string? left, string? right) => (left ?? "-") + "/" + (right ?? "-");

    private static string Group(string pair) => $"g{pair.Sum(c => c) % 3}";

    private static string With(string all, string value) =>
        string.Join(' ', all.Split(' ', StringSplitOptions.RemoveEmptyEntries).Append(value).Order(StringComparer.Ordinal));

    private static string Without(string all, string value)
    {
        var values = all.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToList();
        if (!values.Remove(value))
        {
            values.Add("without " + value);
        }

        return string.Join(' ', values);
    }
}
