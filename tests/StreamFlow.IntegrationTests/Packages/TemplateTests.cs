using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>
/// What a newcomer gets of 'dotnet new streamflow': installed from the feed, made under a name that is no name in C#, tested,
/// run as it is in development, and published as its Dockerfile wants it.
/// </summary>
[Collection(nameof(Dotnet))]
public sealed partial class TemplateTests(PackedFeed feed)
{
    private const string Name = "order-desk";

    [SkippableFact]
    public async Task A_new_worker_passes_its_tests_runs_with_a_broker_of_its_own_and_is_published()
    {
        Skip.If(OperatingSystem.IsWindows(), "the worker is asked to stop by a signal");
        var version = await feed.VersionAsync();
        var folder = feed.NewFolder("new");
        string[] hive = ["--debug:custom-hive", Path.Combine(folder, "hive")];
        await Dotnet.RunAsync(folder, ["new", "install", feed.Packages($"StreamFlow.Templates.{version}.nupkg").Single(), .. hive]);
        await Dotnet.RunAsync(folder, ["new", "streamflow", "-o", Name, .. hive]);
        var project = Path.Combine(folder, Name);
        AssertComplete(project, version);

        var tested = await Dotnet.RunAsync(project, "test", "-c", "Release");
        Assert.Contains("Passed:     2", tested, StringComparison.Ordinal);

        await using (var worker = NewWorker.Start(project, Path.Combine(project, "src", Name, "bin", "Release", "net10.0", Name + ".dll")))
        {
            await AverageAsync(worker);
            Assert.Equal(HttpStatusCode.OK, await worker.AskAsync("/health/live"));
            Assert.Equal(0, await worker.StopAsync());
        }

        await Dotnet.RunAsync(project, "publish", $"src/{Name}", "-c", "Release", "--os", "linux", "-o", "artifacts/app");
        var copied = Recipe().Match(await File.ReadAllTextAsync(Path.Combine(project, "Dockerfile")));
        Assert.True(File.Exists(Path.Combine(project, copied.Groups["from"].Value, copied.Groups["program"].Value)), copied.Value);
    }

    private static void AssertComplete(string project, string version)
    {
        var files = Directory.GetFiles(project, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(project, f)).Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                ".dockerignore", ".gitignore", "Directory.Build.props", "Directory.Packages.props", "Dockerfile", "README.md", $"{Name}.slnx",
                $"src/{Name}/Pipeline.cs", $"src/{Name}/Program.cs", $"src/{Name}/Properties/launchSettings.json",
                $"src/{Name}/appsettings.Development.json", $"src/{Name}/appsettings.json", $"src/{Name}/{Name}.csproj",
                $"tests/{Name}.Tests/PipelineTests.cs", $"tests/{Name}.Tests/{Name}.Tests.csproj",
            ],
            files);
        Assert.Contains(
            $"Include=\"StreamFlow.Hosting.Embedded\" Version=\"{version}\"",
            File.ReadAllText(Path.Combine(project, "Directory.Packages.props")),
            StringComparison.Ordinal);
        Assert.All(
            Directory.GetFiles(project, "*", SearchOption.AllDirectories),
            f => Assert.DoesNotMatch("StreamFlow(-Worker|Namespace|Application)", File.ReadAllText(f)));
    }

    /// <summary>Sends readings of two minutes and reads what becomes of them.</summary>
    private static async Task AverageAsync(NewWorker worker)
    {
        var server = await worker.SaidAsync(Broker());
        await worker.UntilReadyAsync();
        using (var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = server }).Build())
        {
            foreach (var celsius in new[] { 20.5, 21.5 })
            {
                var value = string.Create(CultureInfo.InvariantCulture, $$"""{"celsius":{{celsius}}}""");
                await producer.ProduceAsync("readings", new Message<string, string>
                {
                    Key = "attic", Value = value, Timestamp = new Timestamp(60_000, TimestampType.CreateTime),
                });
            }
        }

        var probe = new Probe(server);
        await Until.TrueAsync(
            () => probe.ReadAll("averages").Any(r => Encoding.UTF8.GetString(r.Message.Value) == """{"readings":2,"sum":42,"mean":21}"""),
            "the mean of both readings",
            () => worker.Output);
    }

    [GeneratedRegex("The embedded broker is ready at ([^,]+),")]
    private static partial Regex Broker();

    [GeneratedRegex(@"COPY (?<from>\S+) \.[\s\S]*ENTRYPOINT \[""dotnet"", ""(?<program>[^""]+)""\]")]
    private static partial Regex Recipe();
}
