using System.Globalization;
using System.Text;
using StreamFlow.Processing;
using StreamFlow.State;
using StreamFlow.Tests.State;
using Xunit.Abstractions;

namespace StreamFlow.Tests.Dsl.Tables;

/// <summary>
/// Functions over tables that fail on some of the rows, with a handler that lets failures through: what is behind them is at last what
/// the functions make of the rows on which they do not fail, whatever the record cache holds back, and after a restart.
/// </summary>
public sealed class FailingRowTests(ITestOutputHelper output)
{
    private const int Changes = 250;
    private static readonly ErrorHandler Continues = static (in ErrorContext _) => ErrorResponse.Continue;
    private static readonly LinesSerde Lines = new();

    public static TheoryData<string, long> Cases
    {
        get
        {
            var cases = new TheoryData<string, long>();
            foreach (var what in FailingRows.Kinds)
            {
                cases.Add(what, 0);
                cases.Add(what, 1_000_000);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_behind_a_function_is_that_of_the_rows_on_which_it_does_not_fail(string what, long cacheBytes)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var topology = Describe(what);
        var backends = new Dictionary<string, InMemoryBackend>();
        var (left, right) = (new Dictionary<string, string>(), new Dictionary<string, string>());
        var (results, sums) = (new Dictionary<string, string>(), new Dictionary<string, string>());
        var failures = 0L;
        for (var life = 0; life < 3; life++)
        {
            var harness = new TaskHarness(topology, Continues, cacheBytes: cacheBytes, backends: backends);
            for (var i = 0; i < Changes; i++)
            {
                // A join by foreign key takes its time: rows that change meanwhile are another matter.
                Change(
                    harness, random, left, right,
                    commits: i == Changes - 1 || what.Contains("foreign", StringComparison.Ordinal) || random.Next(4) == 0);
            }

            ResultRows.Apply(results, harness.Take("results"));
            ResultRows.Apply(sums, harness.Take("sums"));
            failures += harness.DroppedBy(DropReason.Processing);
            Assert.Equal(ResultRows.Sorted(FailingRows.Results(what, left, right)), ResultRows.Sorted(results));
            Assert.Equal(
                ResultRows.Sorted(FailingRows.Sums(what, left, right)), ResultRows.Sorted(sums.Where(sum => sum.Value is not ("0" or ""))));
        }

        Assert.True(failures > 0, "nothing failed, so nothing was tested");
    }

    /// <summary>The first failure is told, and the update by which the row that failed goes is no failure.</summary>
    [Theory]
    [InlineData("map")]
    [InlineData("filter")]
    [InlineData("selector")]
    [InlineData("adder")]
    [InlineData("adder of lines")]
    [InlineData("adder with history")]
    [InlineData("join")]
    [InlineData("foreign key")]
    public void A_row_that_fails_is_told_once(string what)
    {
        var told = new List<object?>();
        var harness = new TaskHarness(Describe(what), (in ErrorContext error) =>
        {
            told.Add(error.Record?.Value);
            return ErrorResponse.Continue;
        });
        harness.Pipe("R", "k", "1", 1);
        harness.Pipe("R", "r1", "1", 1);
        harness.Pipe("L", "k", "4", 2);
        harness.Pipe("L", "k", "5", 3);
        harness.Pipe("L", "k", "7", 4);
        harness.Pipe("L", "k", null, 5);

        Assert.Single(told);
        Assert.Equal(1, harness.Dropped);
    }

    [Fact]
    public void A_subtractor_that_fails_on_what_was_added_is_told_and_costs_no_more_than_that()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("L").GroupBy((_, v) => ("g", v))
            .Reduce((sum, v) => sum + v, (sum, v) => v == "5" ? throw new InvalidOperationException(v) : sum + "-" + v)
            .ToStream().To("sums");
        var harness = new TaskHarness(builder.Build(), Continues);
        harness.Pipe("L", "k", "4", 1);
        harness.Pipe("L", "k", "5", 2);
        harness.Pipe("L", "k", "6", 3);

        Assert.Equal("g=4@1 g=4-45@2 g=4-456@3", harness.Read("sums"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Processing));
    }

    /// <summary>A version that says that there is no sum would hide those of earlier times.</summary>
    [Fact]
    public void A_value_that_was_never_put_in_leaves_no_version_when_it_goes()
    {
        var harness = new TaskHarness(Describe("adder with history"), Continues);
        harness.Pipe("L", "a", "15", 900);
        harness.Pipe("L", "a", null, 950);
        harness.Pipe("L", "b", "9", 100);
        harness.Pipe("L", "c", "3", 200);

        Assert.Equal("g0=9@100 g0=3 9@200", harness.Read("sums"));
    }

    [Fact]
    public void Where_no_failure_may_be_let_through_a_value_before_that_fails_ends_the_task()
    {
        var fails = false;
        var builder = new StreamsBuilder();
        builder.Table<string, string>("L").MapValues(v => fails && v == "4" ? throw new InvalidOperationException(v) : v)
            .GroupBy((k, v) => (v, k)).Count();
        var harness = new TaskHarness(builder.Build(), ErrorPolicy.Fails);
        harness.Pipe("L", "k", "4", 1);
        fails = true;

        Assert.Throws<RecordFailedException>(() => harness.Pipe("L", "k", "6", 2));
    }

    private static void Change(
        TaskHarness harness, Random random, Dictionary<string, string> left, Dictionary<string, string> right, bool commits)
    {
        var isLeft = random.Next(2) == 0;
        var key = isLeft || random.Next(2) == 0 ? $"k{random.Next(4)}" : $"r{random.Next(5)}";
        var value = random.Next(5) == 0 ? null : random.Next(1, 30).ToString(CultureInfo.InvariantCulture);
        var table = isLeft ? left : right;
        if (value is null)
        {
            table.Remove(key);
        }
        else
        {
            table[key] = value;
        }

        if (commits)
        {
            harness.Pipe(isLeft ? "L" : "R", key, value, random.Next(1000));
        }
        else
        {
            harness.Process(
                isLeft ? "L" : "R", Encoding.UTF8.GetBytes(key), value is null ? null : Encoding.UTF8.GetBytes(value), random.Next(1000));
        }
    }

    private static Topology Describe(string what)
    {
        var builder = new StreamsBuilder();
        var (left, right) = (builder.Table<string, string>("L"), builder.Table<string, string>("R"));
        if (what.StartsWith("adder", StringComparison.Ordinal))
        {
            Add(what, left);
            return builder.Build();
        }

        if (what == "selector")
        {
            Sum(left.GroupBy((_, v) => (FailingRows.Group(FailingRows.Good(v)), v)));
            return builder.Build();
        }

        var table = what switch
        {
            "map" => left.MapValues(FailingRows.Good),
            "kept map" => left.MapValues(FailingRows.Good, new() { Name = "kept" }),
            "filter" => left.Filter((_, v) => FailingRows.Good(v) != "1"),
            "join" => left.Join(right, FailingRows.GoodPair),
            "left join" => left.LeftJoin(right, (l, r) => FailingRows.GoodPair(l, r?.Value)),
            "outer join" => left.OuterJoin(right, (l, r) => FailingRows.GoodPair(l?.Value, r?.Value)),
            "join of views" => left.MapValues(FailingRows.Good).OuterJoin(
                right.Filter((_, v) => FailingRows.Good(v) != "1"), (l, r) => FailingRows.Pair(l?.Value, r?.Value)),
            "join of joins" => left.OuterJoin(right, (l, r) => FailingRows.GoodPair(l?.Value, r?.Value)).LeftJoin(
                right.MapValues(FailingRows.Good), (l, r) => FailingRows.Pair(l, r?.Value)),
            "foreign key" => left.Join(right, (_, v) => FailingRows.ForeignKey(FailingRows.Good(v)), FailingRows.GoodPair),
            "left foreign key" => left.LeftJoin(
                right, (_, v) => FailingRows.ForeignKey(FailingRows.Good(v)), (l, r) => FailingRows.GoodPair(l, r?.Value)),
            _ => left.MapValues(FailingRows.Good).LeftJoin(
                right.MapValues(FailingRows.Good), (_, v) => FailingRows.ForeignKey(v), (l, r) => FailingRows.Pair(l, r?.Value)),
        };
        table.ToStream().To("results");
        Sum(table.GroupBy((_, v) => (FailingRows.Group(v), v)));
        return builder.Build();
    }

    private static void Add(string what, KTable<string, string> table)
    {
        var groups = table.GroupBy((_, v) => (FailingRows.Group(v), v));
        if (what != "adder of lines")
        {
            groups.Aggregate(
                () => "",
                (_, v, all) => FailingRows.With(all, FailingRows.Good(v)),
                (_, v, all) => FailingRows.Without(all, FailingRows.Good(v)),
                new() { History = what == "adder" ? null : TimeSpan.FromMinutes(1) }).ToStream().To("sums");
            return;
        }

        // Changes its aggregate in place, and fails then.
        groups.Aggregate(
                () => new List<string>(),
                (_, v, all) =>
                {
                    all.Add(v);
                    return FailingRows.Good(v) == v ? all : [];
                },
                (_, v, all) =>
                {
                    all.Remove(v);
                    all.Remove(all.FirstOrDefault()!);
                    all.Add("!");
                    _ = FailingRows.Good(v);
                    all.Remove("!");
                    return all;
                },
                new() { ValueSerde = Lines })
            .MapValues(all => string.Join(' ', all)).ToStream().To("lines");
    }

    private static void Sum(KGroupedTable<string, string> groups) => groups
        .Aggregate(() => "", (_, v, all) => FailingRows.With(all, v), (_, v, all) => FailingRows.Without(all, v))
        .ToStream().To("sums");
}
