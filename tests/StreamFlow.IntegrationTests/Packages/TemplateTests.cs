using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using StreamFlow.Broker;
using StreamFlow.IntegrationTests.Support;
using StreamFlow.TestSupport;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>
/// What a newcomer gets of 'dotnet new streamflow': complete, tested, run as it is in development, and published and run as its
/// Dockerfile wants it, in production. One worker serves them all.
/// </summary>
[Collection(nameof(Dotnet))]
public sealed partial class TemplateTests(PackedFeed feed, MadeWorker made) : IClassFixture<MadeWorker>
{
    private const string Name = MadeWorker.Name;

    [Fact]
    public async Task A_new_worker_is_complete_and_passes_its_tests()
    {
        var project = await made.FolderAsync();
        AssertComplete(project, await feed.VersionAsync());

        Assert.Contains("Passed:     3", await made.TestedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_settings_lead_editors_to_a_schema_that_knows_them()
    {
        await made.TestedAsync();
        var folder = Path.Combine(await made.FolderAsync(), "src", Name);
        foreach (var file in new[] { "appsettings.json", "appsettings.Development.json" })
        {
            var settings = Json(Path.Combine(folder, file));
            var schema = Path.Combine(folder, (string)settings["$schema"]!);
            var parts = Json(schema)["allOf"]!.AsArray().Select(part => (string)part!["$ref"]!);
            var ours = Json(Path.Combine(Path.GetDirectoryName(schema)!, parts.Single(p => !p.Contains("://", StringComparison.Ordinal))));
            var keys = ours["properties"]!["StreamFlow"]!["additionalProperties"]!["properties"]!["Streams"]!["properties"]!.AsObject();

            Assert.All(settings["StreamFlow"]!["order_desk"]!["Streams"]!.AsObject(), setting => Assert.True(keys.ContainsKey(setting.Key), setting.Key));
        }
    }

    [SkippableFact]
    public async Task It_runs_in_development_with_a_broker_of_its_own()
    {
        Skip.If(OperatingSystem.IsWindows(), "the worker is asked to stop by a signal");
        await made.TestedAsync();
        var folder = Path.Combine(await made.FolderAsync(), "src", Name);
        await using var worker = NewWorker.Start(
            folder, ["dotnet", Path.Combine(folder, "bin", "Release", "net10.0", Name + ".dll"), "--Broker:Port", "0"],
            KeyValuePair.Create("ASPNETCORE_ENVIRONMENT", "Development"));

        var server = await worker.SaidAsync(Broker());
        await worker.UntilReadyAsync();
        await AverageAsync(worker, server);

        Assert.Equal(HttpStatusCode.OK, await worker.AskAsync("/health/live"));
        Assert.Equal(HttpStatusCode.OK, await worker.AskAsync("/health"));
        Assert.Equal(0, await worker.StopAsync());
    }

    /// <summary>All that the Dockerfile says, but for Docker: the paths of the container are below a folder.</summary>
    [SkippableFact]
    public async Task It_is_published_as_its_Dockerfile_says_and_ready_in_production_while_a_broker_answers()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "what is published is for Linux");
        var project = await made.FolderAsync();
        var recipe = new DockerRecipe(await File.ReadAllTextAsync(Path.Combine(project, "Dockerfile")));
        await Dotnet.RunAsync(project, recipe.Publish);
        Assert.Contains("!" + recipe.Copied, await File.ReadAllLinesAsync(Path.Combine(project, ".dockerignore")));
        var state = Directory.CreateDirectory(Path.Combine(project, "container", recipe.Volume.TrimStart('/'))).FullName;
        var app = Path.Combine(project, "container", "app");
        Directory.Move(Path.Combine(project, recipe.Copied), app);
        var port = FreePort.Find();
        await using var worker = NewWorker.Start(app, recipe.EntryPoint, recipe.Environment.Select(v => KeyValuePair.Create(
            v.Key, v.Value == recipe.Volume ? state : v.Value.Replace("broker:9092", $"127.0.0.1:{port}", StringComparison.Ordinal))));

        await worker.UntilAsync("/health/live", HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await worker.AskAsync("/health/ready"));
        await using (var broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Port = port, Topics = [new BrokerTopic("readings"), new BrokerTopic("averages")] }))
        {
            await worker.UntilReadyAsync();
            await AverageAsync(worker, broker.BootstrapServers);
        }

        await worker.UntilAsync("/health/ready", HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, await worker.AskAsync("/health/live"));
        Assert.NotEmpty(Directory.GetFileSystemEntries(state));
        Assert.Equal(0, await worker.StopAsync());
    }

    /// <summary>The guide shows what the template has; the names are another's.</summary>
    [Fact]
    public async Task The_guide_shows_the_Dockerfile_of_the_template()
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "templates", "content", "streamflow", "Dockerfile"));
        var guide = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "guide", "operating.md"));

        Assert.Equal(
            lines.Where(l => l.Length > 0 && !l.StartsWith('#'))
                .Select(l => l.Replace("StreamFlowApplication", "orders", StringComparison.Ordinal).Replace("StreamFlow-Worker", "Orders", StringComparison.Ordinal)),
            guide.Split("```dockerfile\n")[1].Split("\n```")[0].Split('\n'));
    }

    private static JsonNode Json(string file) => JsonNode.Parse(File.ReadAllText(file))!;

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
    private static async Task AverageAsync(NewWorker worker, string server)
    {
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
}
