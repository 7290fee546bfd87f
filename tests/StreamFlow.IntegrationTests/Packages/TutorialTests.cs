using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StreamFlow.IntegrationTests.Support;
using StreamFlow.TestSupport;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>The first application of the tutorial, made of the page as a reader would, on the broker that it starts and on Apache Kafka.</summary>
[Collection(nameof(Dotnet))]
public sealed partial class TutorialTests(PackedFeed feed, TutorialTests.MadeShop shop) : IClassFixture<TutorialTests.MadeShop>
{
    private readonly Tutorial _tutorial = new();

    [SkippableFact]
    public async Task The_tutorial_works_as_it_is_written()
    {
        ExternalTool.Require("kcat", "-V");
        var project = await shop.FolderAsync(feed);
        await using var worker = Start(project, ["--Broker:Port", "0"], "Development");
        var server = await worker.SaidAsync(Broker());
        await worker.UntilAsync("/health/live", HttpStatusCode.OK);

        await SendAndReadAsync(project, worker, server);

        Assert.Equal(HttpStatusCode.OK, await worker.AskAsync("/streamflow/"));
        var applications = await worker.GetAsync("/streamflow/api/v1/applications");
        Assert.Equal("Shop", (string?)JsonNode.Parse(applications)!["applications"]![0]!["id"]);
        Assert.Equal(0, await worker.StopAsync());
    }

    [SkippableFact]
    public async Task The_tutorial_works_on_Apache_Kafka()
    {
        ExternalTool.Require("kcat", "-V");
        var script = ExternalTool.RequireKafka();
        using var folder = new TempFolder();
        var server = $"127.0.0.1:{FreePort.Find()}";
        await using var kafka = await ApacheKafkaBroker.StartAsync(folder.Path, int.Parse(server.Split(':')[1], CultureInfo.InvariantCulture));
        var project = await shop.FolderAsync(feed);
        await RunAsync(
            folder.Path,
            _tutorial.Step("topics").Replace("kafka-topics.sh", $"'{script}' topics", StringComparison.Ordinal)
                .Replace("localhost:9092", server, StringComparison.Ordinal));
        var arguments = _tutorial.Step("production").Trim().Split(" -- ")[1].Split(" --urls ")[0]
            .Replace("localhost:9092", server, StringComparison.Ordinal)
            .Replace("=state", "=" + Path.Combine(folder.Path, "state"), StringComparison.Ordinal);
        await using var worker = Start(project, arguments.Split(' '), "Production");
        await worker.UntilAsync("/health/live", HttpStatusCode.OK);

        await SendAndReadAsync(project, worker, server);

        Assert.Equal(0, await worker.StopAsync());
    }

    private async Task SendAndReadAsync(string project, NewWorker worker, string server)
    {
        await RunAsync(project, At(_tutorial.Step("send")));
        var expected = Counts(_tutorial.Seen("read"));
        var read = "";
        await Until.TrueAsync(
            async () => Counts(read = await RunAsync(project, At(_tutorial.Step("read")))).SequenceEqual(expected),
            "the counts of the page",
            () => $"{read}\n{worker.Output}");

        // A window may end between two orders, so it is the sum that must be right.
        var path = _tutorial.Step("ask").Trim().Split("localhost:5080")[1];
        var answer = JsonNode.Parse(await worker.GetAsync(path))!.AsArray();
        var shown = JsonNode.Parse(_tutorial.Seen("ask"))!.AsArray();
        Assert.Equal((long)shown[0]!["orders"]!, answer.Sum(window => (long)window!["orders"]!));
        Assert.Equal(0, ((DateTimeOffset)answer[0]!["from"]!).Minute % 10);

        string At(string step) => step.Replace("localhost:9092", server, StringComparison.Ordinal);
    }

    /// <summary>What a topic of counts comes to: the last one of each key and run of counts, which begin anew in another window.</summary>
    private static IEnumerable<(string Category, long Orders)> Counts(string lines) =>
        from line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        let parts = line.Split(": ")
        group long.Parse(parts[1], CultureInfo.InvariantCulture) by parts[0] into counts
        orderby counts.Key
        select (counts.Key, counts.Append(0).Zip(counts.Skip(1).Append(0)).Where(pair => pair.Second <= pair.First).Sum(pair => pair.First));

    private static NewWorker Start(string project, IEnumerable<string> arguments, string environment)
    {
        var folder = Path.Combine(project, "src", "Shop");
        return NewWorker.Start(
            folder, ["dotnet", Path.Combine(folder, "bin", "Debug", "net10.0", "Shop.dll"), .. arguments],
            KeyValuePair.Create("ASPNETCORE_ENVIRONMENT", environment));
    }

    private static Task<string> RunAsync(string folder, string commands) => Dotnet.RunCommandAsync("bash", folder, "-euc", commands);

    [GeneratedRegex("The embedded broker is ready at ([^,]+),")]
    private static partial Regex Broker();

    /// <summary>The project of the tutorial, made, filled and tested once.</summary>
    public sealed class MadeShop
    {
        private Task<string>? _made;

        /// <summary>Its folder, when the page's tests have passed in it.</summary>
        public Task<string> FolderAsync(PackedFeed feed) => _made ??= MakeAsync(feed);

        private static async Task<string> MakeAsync(PackedFeed feed)
        {
            var tutorial = new Tutorial();
            var version = await feed.VersionAsync();
            var folder = feed.NewFolder("tutorial");
            var project = Path.Combine(folder, "Shop");

            // Templates of a test are not those of whoever runs it.
            const string dotnet = "dotnet() { if [[ $1 == new ]]; then command dotnet \"$@\" --debug:custom-hive \"$PWD/hive\"; else command dotnet \"$@\"; fi; }";
            await RunAsync(folder, $"{dotnet}\ndotnet new install '{feed.Packages($"StreamFlow.Templates.{version}.nupkg").Single()}'\n{tutorial.Step("make")}");
            foreach (var (path, text) in tutorial.Files)
            {
                Assert.True(File.Exists(Path.Combine(project, path)), $"The template has no {path}.");
                await File.WriteAllTextAsync(Path.Combine(project, path), text);
            }

            var tested = await RunAsync(project, tutorial.Step("test"));
            Assert.Contains("Passed:     2", tested, StringComparison.Ordinal);
            return project;
        }
    }
}
