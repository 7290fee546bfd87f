using System.Globalization;
using System.Text;
using StreamFlow.State;
using Xunit.Abstractions;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>
/// Random topologies and inputs, compared with Kafka Streams itself and among the ways in which StreamFlow can run them. More of
/// them: STREAMFLOW_PROGRAMS, how many, and STREAMFLOW_SEED, the first seed.
/// </summary>
public sealed class RandomProgramTests(ITestOutputHelper output)
{
    private const int Programs = 200;

    /// <summary>Each end of an application opens clients, threads and stores anew.</summary>
    private const int ProgramsWithEnds = 25;

    private const int MaxFailures = 12;

    [SkippableFact]
    public void Kafka_Streams_gives_the_same_results()
    {
        using var peer = KafkaStreamsPeer.Require();
        Compare(
            _ => true,
            program => ProgramComparison.Difference(program, peer.Run(program), ProgramRun.Run(program)),
            tell: (programs, differences) => output.WriteLine(Summary.Write(programs, differences)));
    }

    [Fact]
    public void Stores_on_disk_give_the_same_results()
    {
        var backend = new RunOptions { Backend = new RocksDbBackendFactory() };
        Compare(_ => true, program => ProgramComparison.Difference(program, ProgramRun.Run(program), ProgramRun.Run(program, backend)));
    }

    /// <summary>Only where order and lateness do not depend on what else is in the partition.</summary>
    [Fact]
    public void Several_partitions_give_the_same_results_by_key()
    {
        var many = new RunOptions { Partitions = 3 };
        Compare(
            program => HasNoClock(program) && !HasRace(program), program => ProgramComparison.DifferenceByKey(ProgramRun.Run(program), ProgramRun.Run(program, many)));
    }

    [Fact]
    public void An_optimized_topology_gives_the_same_results()
    {
        var optimized = new RunOptions { Optimization = TopologyOptimization.All };
        Compare(
            _ => true, program => ProgramComparison.Difference(program, ProgramRun.Run(program), ProgramRun.Run(program, optimized)));
    }

    [Fact]
    public void The_record_cache_does_not_change_the_last_results() =>
        Compare(IsLastWord, program => ProgramComparison.FinalDifference(
            ProgramRun.Run(program with { Cache = 0 }), ProgramRun.Run(program with { Cache = 10_000_000 })));

    /// <summary>Stopped in order and started again, now and then without local state.</summary>
    [Fact]
    public void Restarts_are_not_seen()
    {
        var restarts = new RunOptions { Ends = ProgramEnds.Restarts };
        Compare(
            _ => true,
            program => ProgramComparison.Difference(program, ProgramRun.Run(program), ProgramRun.Run(program, restarts with { Backend = BackendOf(program) })),
            ProgramsWithEnds);
    }

    /// <summary>
    /// Killed with a record processed and not committed, or committed as far as the first repartition topic. Without the record cache,
    /// since commits that come at other times let others of its updates out.
    /// </summary>
    [Fact]
    public void Crashes_are_not_seen_exactly_once()
    {
        var crashes = new RunOptions { Ends = ProgramEnds.Crashes };
        Compare(
            _ => true,
            program =>
            {
                var uncached = program with { Cache = 0 };
                return ProgramComparison.Difference(
                    uncached, ProgramRun.Run(uncached), ProgramRun.Run(uncached, crashes with { Backend = BackendOf(program) }));
            },
            ProgramsWithEnds);
    }

    /// <summary>On disk where Kafka Streams has it on disk, else in memory.</summary>
    private static RocksDbBackendFactory? BackendOf(RandomProgram program) =>
        program.Store == "rocksDB" ? new RocksDbBackendFactory() : null;

    private static bool HasNoClock(RandomProgram program) =>
        program.InOrder && !program.Nodes.Any(n => n.Operator is "suppress" or "wsuppress" || n.Arguments.Contains("close")
            || (n.Operator == "ssjoin" && n.Arguments[0] != "inner"));

    /// <summary>
    /// Whether a grouping of tables is behind another one: a row that changes its group is taken out of one and put into another, by
    /// two partitions, and which of the two results comes first further on is a race.
    /// </summary>
    private static bool HasRace(RandomProgram program)
    {
        var behind = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in program.Nodes)
        {
            var isBehind = node.Parents.Any(p => behind.Contains(p.Split('.')[0]));
            if (isBehind && node.Operator == "tgroup")
            {
                return true;
            }

            if (isBehind || node.Operator == "tgroup")
            {
                behind.Add(node.Id);
            }
        }

        return false;
    }

    /// <summary>
    /// Whether nothing behind a table looks at more than its last update: the cache leaves out those before it, so a stream joined
    /// with it, or a text that grows with each update, is another.
    /// </summary>
    private static bool IsLastWord(RandomProgram program)
    {
        string[] tables = ["table", "versioned", "toTable", "agg", "wagg", "cogroup"];
        string[] allowed = ["tfilter", "tmap", "ttjoin", "toStream", "wfilter", "wmap", "wstream", "to"];
        var behind = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in program.Nodes)
        {
            var isBehind = node.Parents.Any(p => behind.Contains(p.Split('.')[0]));
            if (isBehind && !allowed.Contains(node.Operator) && !(node.Operator == "tgroup" && node.Arguments[0] == "count"))
            {
                return false;
            }

            if (isBehind || tables.Contains(node.Operator))
            {
                behind.Add(node.Id);
            }
        }

        return true;
    }

    private void Compare(
        Func<RandomProgram, bool> wanted, Func<RandomProgram, string?> difference, int programs = Programs, Action<int, int>? tell = null)
    {
        var (first, count) = (Seeds.First, Seeds.Count(programs));
        output.WriteLine($"seeds {first} to {first + count - 1}");
        var failures = new StringBuilder();
        var (compared, failed) = (0, 0);
        for (var seed = first; seed < first + count && failed < MaxFailures; seed++)
        {
            var program = ProgramGenerator.Generate(seed);
            if (!wanted(program))
            {
                continue;
            }

            compared++;
            if (difference(program) is not null)
            {
                failed++;
                var small = ProgramShrinker.Shrink(program, p => difference(p) is not null);
                failures.AppendLine(CultureInfo.InvariantCulture, $"seed {seed} {difference(small)}\n{small.Text()}");
            }
        }

        tell?.Invoke(compared, failed);
        Assert.True(failures.Length == 0, failures.ToString());
    }
}
