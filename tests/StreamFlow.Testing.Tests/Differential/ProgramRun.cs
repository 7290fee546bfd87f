using System.Text;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>How a program is run here.</summary>
internal sealed record RunOptions
{
    public IStoreBackendFactory? Backend { get; init; }

    public int Partitions { get; init; } = 1;

    public TopologyOptimization Optimization { get; init; }

    public ProgramEnds Ends { get; init; }
}

/// <summary>How the application ends, and begins again, in the middle of a program.</summary>
internal enum ProgramEnds
{
    None,

    /// <summary>Stopped in order.</summary>
    Restarts,

    /// <summary>Killed in a transaction, exactly once.</summary>
    Crashes,
}

/// <summary>Runs programs on StreamFlow's driver.</summary>
internal static class ProgramRun
{
    /// <summary>What comes out, a line for each input as from <see cref="KafkaStreamsPeer.Run"/>.</summary>
    public static IReadOnlyList<string> Run(RandomProgram program, RunOptions? options = null)
    {
        var lines = new List<string>();
        try
        {
            Run(program, options ?? new(), lines);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            lines.Add($"ERROR {error.GetType().Name}: {error.Message} {error.InnerException?.GetType().Name}");
        }

        return lines;
    }

    private static void Run(RandomProgram program, RunOptions options, List<string> lines)
    {
        var sources = program.Nodes.Where(n => n.Parents.Length == 0).Select(n => n.Arguments[0]).Distinct();
        using var driver = new TopologyTestDriver(
            ProgramTopology.Build(program, options.Optimization),
            new()
            {
                StartTime = DateTimeOffset.UnixEpoch,
                StoreBackend = options.Backend,
                Partitions = sources.ToDictionary(s => s, _ => options.Partitions),
                CommitsByInterval = options.Ends == ProgramEnds.Crashes,
                Application = new()
                {
                    ApplicationId = "app",
                    CacheMaxBytes = program.Cache,
                    ProcessingGuarantee = options.Ends == ProgramEnds.Crashes ? ProcessingGuarantee.ExactlyOnce : ProcessingGuarantee.AtLeastOnce,
                },
            });
        var random = new Random(program.Seed);
        var inputs = program.Inputs.Select(i => i.Topic).Distinct().ToDictionary(
            t => t, t => driver.CreateInputTopic(t, Serdes.String, Serdes.String));
        var sinks = program.Nodes.Where(n => n.Operator == "to").Select(n => n.Arguments[0]).Order(StringComparer.Ordinal)
            .Select(s => (s, driver.CreateOutputTopic(s, Serdes.String, Serdes.String))).ToList();
        foreach (var input in program.Inputs)
        {
            inputs[input.Topic].Pipe(
                input.Key!, input.Value!, input.Time, input.Header is { } text ? Headers.Empty.With("h", text) : null);
            End(driver, options.Ends, random);
            var line = new StringBuilder(">");
            foreach (var (sink, output) in sinks)
            {
                foreach (var record in output.ReadAll())
                {
                    line.Append(' ').Append(ProgramText.Of(
                        sink, record.HasKey ? record.Key : null, record.HasValue ? record.Value : null, record.Timestamp, record.Headers));
                }
            }

            lines.Add(line.ToString());
        }
    }

    private static void End(TopologyTestDriver driver, ProgramEnds ends, Random random)
    {
        if (ends != ProgramEnds.None && random.Next(8) == 0)
        {
            var restart = new RestartOptions { LosesState = random.Next(3) == 0 };
            if (ends == ProgramEnds.Restarts)
            {
                driver.Restart(restart);
            }
            else
            {
                // Half of the times one commit comes before: of what is on its way through repartition topics a part is final.
                driver.AdvanceWallClock(TimeSpan.FromMilliseconds(random.Next(2) * 100));
                driver.Crash(restart);
            }
        }

        if (ends == ProgramEnds.Crashes)
        {
            driver.Commit();
        }
    }
}
