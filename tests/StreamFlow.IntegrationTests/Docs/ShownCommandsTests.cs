using StreamFlow.IntegrationTests.Packages;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Docs;

/// <summary>Commands that pages show, run by a shell as a reader would.</summary>
public sealed class ShownCommandsTests
{
    [SkippableFact]
    public async Task The_sample_runs_as_the_front_page_says()
    {
        Skip.If(OperatingSystem.IsWindows(), "run.sh needs a shell");
        var readme = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "README.md"));
        var command = readme.Single(line => line.StartsWith("./run.sh --orders", StringComparison.Ordinal)).Split("  #")[0];

        var output = await RunAsync(command);

        Assert.Contains("BALANCED", output.Split('\n'));
    }

    [SkippableFact]
    public async Task Help_is_what_the_page_of_commands_says()
    {
        Skip.If(OperatingSystem.IsWindows(), "the scripts need a shell");

        await RunAsync("eng/commands-page.sh --check");
    }

    private static Task<string> RunAsync(string command) => Dotnet.RunCommandAsync("bash", Repository.Root, "-c", command);
}
