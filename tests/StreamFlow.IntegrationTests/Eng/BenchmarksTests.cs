using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Eng;

/// <summary>
/// The benchmarks are run by hand and seldom; what they stand on changes often. This runs what takes seconds, without measuring.
/// </summary>
public sealed class BenchmarksTests
{
    [Fact]
    public async Task Each_operator_gives_results_and_leaves_no_record_out()
    {
        // Built beside this project, of the same configuration: bin/CONFIGURATION/FRAMEWORK/.
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(
            Repository.Root, "tests", "StreamFlow.Benchmarks", "bin", output.Parent!.Name, output.Name, "StreamFlow.Benchmarks.dll");

        var (exitCode, text) = await ExternalTool.RunAsync("dotnet", [program, "Operators", "--quick"]);

        Assert.True(exitCode == 0, text);
        foreach (var family in new[] { "stateless", "aggregation", "join" })
        {
            Assert.Contains(family, text, StringComparison.Ordinal);
        }
    }
}
