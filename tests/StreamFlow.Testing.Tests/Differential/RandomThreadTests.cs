using System.Globalization;
using System.Text;
using Xunit.Abstractions;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>
/// Random programs on the threads of an application, one and several: what does not depend on which task comes first must be the
/// same. More of them: STREAMFLOW_PROGRAMS, how many, and STREAMFLOW_SEED, the first seed.
/// </summary>
public sealed class RandomThreadTests(ITestOutputHelper output)
{
    private const int Programs = 10;
    private const int Threads = 3;
    private const int MaxFailures = 2;

    /// <summary>Each is two runs of an application.</summary>
    private const int Attempts = 40;

    /// <summary>So many times the usual inputs, so that threads have something to do at the same time.</summary>
    private const int Inputs = 8;

    [Fact]
    public void Several_threads_give_the_same_results_as_one()
    {
        var (first, count) = (Seeds.First, Seeds.Count(Programs));
        output.WriteLine($"seeds {first} to {first + count - 1}");
        var failures = new StringBuilder();
        int compared = 0, results = 0;
        for (int seed = first, failed = 0; seed < first + count && failed < MaxFailures; seed++)
        {
            var program = ProgramGenerator.Generate(seed, Inputs);
            if (CertainProgram.Of(program).Sinks.Count == 0)
            {
                continue;
            }

            compared++;
            if (Difference(program, ref results) is { } difference)
            {
                failed++;
                var small = ProgramShrinker.Shrink(program, p => Difference(p, ref results) is not null, Attempts);
                failures.AppendLine(
                    CultureInfo.InvariantCulture, $"seed {seed} {difference}\nsmaller: {Difference(small, ref results)}\n{small.Text()}");
            }
        }

        output.WriteLine($"{compared} programs, {results} results of one thread");
        Assert.True(failures.Length == 0, failures.ToString());
        Assert.True(compared > 0 && results > 0, "Nothing was compared.");
    }

    private static string? Difference(RandomProgram program, ref int results)
    {
        var certain = CertainProgram.Of(program);
        var (one, several) = (Run(certain.Program, 1), Run(certain.Program, Threads));
        results += one.Count(r => certain.Sinks.ContainsKey(r.Split('|')[0]));
        return ProgramComparison.CertainDifference(certain.Sinks, one, several);
    }

    private static IReadOnlyList<string> Run(RandomProgram program, int threads)
    {
        using var run = new ThreadedRun(new InMemoryKafka());
        return run.Run(program, threads);
    }
}
