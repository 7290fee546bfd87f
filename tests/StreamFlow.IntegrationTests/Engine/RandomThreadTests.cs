using StreamFlow.IntegrationTests.Support;
using StreamFlow.Kafka;
using StreamFlow.Testing.Tests.Differential;
using Xunit.Abstractions;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>
/// Random programs on real clients, on one thread and on several: what does not depend on which task comes first must be the
/// same. Many more run in memory, in StreamFlow.Testing.Tests. More here: STREAMFLOW_PROGRAMS, how many, and STREAMFLOW_SEED.
/// </summary>
[Collection(EmbeddedBrokerGroup.Name)]
public sealed class RandomThreadTests(EmbeddedFixture fixture, ITestOutputHelper output)
{
    private const int Programs = 2;
    private const int Threads = 3;
    private const int Inputs = 8;

    /// <summary>A thousand seconds, so that windows lie in them as they do from the beginning of time.</summary>
    private const long Step = 1_000_000;

    [Fact]
    public async Task Several_threads_give_the_same_results_as_one()
    {
        var (first, count) = (Seeds.First, Seeds.Count(Programs));
        output.WriteLine($"seeds {first} to {first + count - 1}");
        var origin = DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeMilliseconds() / Step * Step;
        var (compared, results) = (0, 0);
        for (var seed = first; seed < first + count; seed++)
        {
            var program = ProgramGenerator.Generate(seed, Inputs).Since(origin);
            var certain = CertainProgram.Of(program);
            if (certain.Sinks.Count == 0)
            {
                continue;
            }

            var one = await RunAsync(certain.Program, 1);
            var several = await RunAsync(certain.Program, Threads);
            var difference = ProgramComparison.CertainDifference(certain.Sinks, one, several);
            Assert.True(difference is null, $"seed {seed} {difference}\n{program.Text()}");
            (compared, results) = (compared + 1, results + one.Count);
        }

        output.WriteLine($"{compared} programs, {results} results of one thread");
        Assert.True(count < Programs || (compared > 0 && results > 0), "Nothing was compared.");
    }

    private async Task<IReadOnlyList<string>> RunAsync(RandomProgram program, int threads)
    {
        var cluster = await fixture.FreshAsync();
        var clients = new KafkaClients(new KafkaClientOptions { BootstrapServers = cluster.BootstrapServers });
        using var run = new ThreadedRun(clients);
        return run.Run(program, threads);
    }
}
