using BenchmarkDotNet.Attributes;

namespace StreamFlow.Benchmarks.Operators;

/// <summary>What a record costs through one operator of a family.</summary>
[MemoryDiagnoser]
public abstract class OperatorBenchmarks
{
    private const int WarmTurns = 8;
    private readonly IReadOnlyList<OperatorCase> _cases;
    private Action _turn = static () => { };
    private Action _close = static () => { };

    private protected OperatorBenchmarks(string family) => _cases = OperatorCases.Families[family];

    /// <summary>Name of the operator.</summary>
    [ParamsSource(nameof(Operators))]
    public string Operator { get; set; } = "";

    /// <summary>All of the family.</summary>
    public IEnumerable<string> Operators => _cases.Select(c => c.Name);

    /// <summary>Makes the tasks, and fills stores to their steady size.</summary>
    [GlobalSetup]
    public void Open()
    {
        var run = new OperatorRun(_cases.First(c => c.Name == Operator));
        (_turn, _close) = (run.Turn, run.Dispose);
        for (var i = 0; i < WarmTurns; i++)
        {
            _turn();
        }
    }

    /// <summary>Some thousand records and their share of a commit.</summary>
    [Benchmark(OperationsPerInvoke = OperatorRun.RecordsPerTurn)]
    public void Record() => _turn();

    /// <summary>Closes the tasks.</summary>
    [GlobalCleanup]
    public void Close() => _close();
}

/// <summary>What do operators without state, processors and a repartition add to the hop from a source to a sink?</summary>
public class StatelessBenchmarks() : OperatorBenchmarks("stateless");

/// <summary>What does an aggregate cost, by kind of window?</summary>
public class AggregationBenchmarks() : OperatorBenchmarks("aggregation");

/// <summary>What does a join cost, by what is joined?</summary>
public class JoinBenchmarks() : OperatorBenchmarks("join");
