using System.Globalization;
using System.Text;
using StreamFlow.Serialization;
using StreamFlow.State;
using Xunit.Abstractions;

namespace StreamFlow.Tests.Dsl.TableJoins;

/// <summary>
/// Random changes of two tables, committed at random: results and groups behind a join are those of the rows there are, whatever the
/// record cache holds back, in memory or taken up again from what was committed.
/// </summary>
public sealed class TableJoinModelTests(ITestOutputHelper output)
{
    private const int Changes = 300;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1_000_000)]
    [InlineData(1, 0)]
    [InlineData(1, 1_000_000)]
    [InlineData(2, 0)]
    [InlineData(2, 1_000_000)]
    public void Results_and_groups_of_a_join_are_those_of_its_rows(int kind, long cacheBytes)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var topology = Describe(kind);
        var backends = new Dictionary<string, InMemoryBackend>();
        var (rows, results, sums) = (new Rows(), new Dictionary<string, string>(), new Dictionary<string, long>());
        for (var life = 0; life < 3; life++)
        {
            var harness = new TaskHarness(topology, cacheBytes: cacheBytes, backends: backends);
            for (var i = 0; i < Changes; i++)
            {
                Change(harness, random, rows, commits: i == Changes - 1);
            }

            foreach (var record in harness.Take("results"))
            {
                Apply(results, record, Encoding.UTF8.GetString);
            }

            foreach (var record in harness.Take("sums"))
            {
                Apply(sums, record, value => Serdes.Int64.Deserialize(value));
            }

            Assert.Equal(Sorted(rows.Join(kind)), Sorted(results));
            Assert.Equal(Sorted(rows.Sums(kind)), Sorted(sums.Where(sum => sum.Value != 0)));
        }
    }

    private static void Change(TaskHarness harness, Random random, Rows rows, bool commits)
    {
        var isLeft = random.Next(2) == 0;
        var key = $"k{random.Next(4)}";
        var value = random.Next(4) == 0 ? null : random.Next(1, 100).ToString(CultureInfo.InvariantCulture);
        var table = isLeft ? rows.Left : rows.Right;
        if (value is null)
        {
            table.Remove(key);
        }
        else
        {
            table[key] = value;
        }

        if (commits || random.Next(5) == 0)
        {
            harness.Pipe(isLeft ? "L" : "R", key, value, random.Next(1000));
        }
        else
        {
            harness.Process(
                isLeft ? "L" : "R", Encoding.UTF8.GetBytes(key), value is null ? null : Encoding.UTF8.GetBytes(value), random.Next(1000));
        }
    }

    private static Topology Describe(int kind)
    {
        var builder = new StreamsBuilder();
        var (left, right) = (builder.Table<string, string>("L"), builder.Table<string, string>("R"));
        var joined = kind switch
        {
            0 => left.Join(right, Rows.Pair),
            1 => left.LeftJoin(right, (l, r) => Rows.Pair(l, r?.Value)),
            _ => left.OuterJoin(right, (l, r) => Rows.Pair(l?.Value, r?.Value)),
        };
        joined.ToStream().To("results");
        joined.GroupBy((_, pair) => (Rows.Group(pair), Rows.Number(pair)))
            .Reduce((sum, one) => sum + one, (sum, one) => sum - one)
            .ToStream().To("sums");
        return builder.Build();
    }

    private static void Apply<T>(Dictionary<string, T> table, ProducedRecord record, Func<byte[], T> read)
    {
        var key = Encoding.UTF8.GetString(record.Key!);
        if (record.Value is null)
        {
            table.Remove(key);
        }
        else
        {
            table[key] = read(record.Value);
        }
    }

    private static IEnumerable<string> Sorted<T>(IEnumerable<KeyValuePair<string, T>> table) =>
        table.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal);

    private sealed class Rows
    {
        public Dictionary<string, string> Left { get; } = [];

        public Dictionary<string, string> Right { get; } = [];

        public static string Pair(string? left, string? right) => (left ?? "-") + "/" + (right ?? "-");

        public static long Number(string pair) => pair.Split('/')
            .Select((part, i) => part == "-" ? 0 : long.Parse(part, CultureInfo.InvariantCulture) * (i == 0 ? 1000 : 1)).Sum();

        public static string Group(string pair) => $"g{Number(pair) % 3}";

        public Dictionary<string, string> Join(int kind) => Left.Keys.Union(Right.Keys)
            .Where(key => (Left.ContainsKey(key) || kind == 2) && (Right.ContainsKey(key) || kind != 0))
            .ToDictionary(key => key, key => Pair(Left.GetValueOrDefault(key), Right.GetValueOrDefault(key)));

        public Dictionary<string, long> Sums(int kind) => Join(kind).Values
            .GroupBy(Group)
            .ToDictionary(group => group.Key, group => group.Sum(Number))
            .Where(sum => sum.Value != 0)
            .ToDictionary();
    }
}
