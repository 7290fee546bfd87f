using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>The packages as somebody gets them: packed into a feed, and used by projects outside of the repository.</summary>
[Collection(nameof(Dotnet))]
public sealed class PackageTests(PackedFeed feed) : IDisposable
{
    private const string Templates = "StreamFlow.Templates";
    private const string Tool = "StreamFlow.Cli";

    private static readonly string[] Names =
    [
        "StreamFlow", "StreamFlow.Broker", "StreamFlow.Broker.Testing", "StreamFlow.Dashboard", "StreamFlow.Hosting", "StreamFlow.Hosting.Embedded", "StreamFlow.Kafka", "StreamFlow.OpenTelemetry", "StreamFlow.Protocol", "StreamFlow.RocksDb",
        "StreamFlow.Reactive", "StreamFlow.Serialization.SchemaRegistry", "StreamFlow.Testing",
    ];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Packages_serve_a_program_and_a_test_project_outside_of_the_repository()
    {
        var version = await feed.VersionAsync();
        Assert.Equal(Names.Append(Templates).Append(Tool).Order(), PackedNames(version));
        Assert.All(Names, name => AssertComplete(name, version));

        // One restore and one build for both.
        var folder = feed.NewFolder("consumers");
        var program = Write(folder, "program", Consumers.Program, Consumers.Project(
            "<OutputType>Exe</OutputType>", ("StreamFlow.Hosting", version), ("StreamFlow.Broker", version)));
        var tests = Write(folder, "tests", Consumers.Tests, Consumers.Project(
            "<IsPackable>false</IsPackable>",
            ("StreamFlow.Testing", version), ("StreamFlow.Broker.Testing", version), ("xunit", Pinned("xunit")),
            ("xunit.runner.visualstudio", Pinned("xunit.runner.visualstudio")),
            ("Microsoft.NET.Test.Sdk", Pinned("Microsoft.NET.Test.Sdk"))));
        await File.WriteAllTextAsync(
            Path.Combine(folder, "consumers.slnx"),
            """<Solution><Project Path="program/program.csproj" /><Project Path="tests/tests.csproj" /></Solution>""");
        await Dotnet.RunAsync(folder, "build", "-c", "Release");

        var counted = await Dotnet.RunAsync(program, "run", "-c", "Release", "--no-build", "--", Path.Combine(_folder.Path, "state"));
        Assert.Contains("a=2 b=1", counted, StringComparison.Ordinal);
        var tested = await Dotnet.RunAsync(tests, "test", "-c", "Release", "--no-build");
        Assert.Contains("Passed:     2", tested, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tool_is_installed_from_its_package_and_runs()
    {
        var version = await feed.VersionAsync();
        var folder = feed.NewFolder("tool");

        await Dotnet.RunAsync(folder, "tool", "install", Tool, "--version", version, "--tool-path", Path.Combine(folder, "bin"));
        var (exitCode, output) = await ExternalTool.RunAsync(Path.Combine(folder, "bin", "streamflow"), ["--version"]);

        Assert.Equal((0, version), (exitCode, output.Trim()));
    }

    [Fact]
    public async Task Sources_that_were_exported_without_history_are_packed_too()
    {
        var export = Path.Combine(_folder.Path, "export");
        Dotnet.Export(
            export, "src/StreamFlow.Broker", "src/StreamFlow.Protocol", "src/StreamFlow/Runtime/Services/GuardedLogger.cs",
            "eng/StreamFlow.Protocol.Generator", "src/Directory.Build.props", "src/Version.props", "eng/BannedSymbols.txt");

        await Dotnet.RunAsync(
            Path.Combine(export, "src", "StreamFlow.Broker"), "pack", "-c", "Release", "-o",
            Path.Combine(_folder.Path, "feed"));

        var package = Directory.GetFiles(Path.Combine(_folder.Path, "feed"), "*.nupkg").Single();
        Assert.Equal("StreamFlow.Broker.0.1.0-exported.nupkg", Path.GetFileName(package));
    }

    /// <summary>The version pinned for the repository's own tests, which is in NuGet's cache.</summary>
    private static string Pinned(string package) =>
        XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Single(e => (string?)e.Attribute("Include") == package).Attribute("Version")!.Value;

    private IEnumerable<string> PackedNames(string version) =>
        feed.Packages("*.nupkg").Select(f => Path.GetFileName(f).Replace($".{version}.nupkg", "", StringComparison.Ordinal)).Order();

    private void AssertComplete(string name, string version)
    {
        using var package = ZipFile.OpenRead(feed.Packages($"{name}.{version}.nupkg").Single());
        var files = package.Entries.Select(e => e.FullName).ToList();
        Assert.Contains("README.md", files);
        Assert.Contains($"lib/net10.0/{name}.dll", files);
        Assert.Contains($"lib/net10.0/{name}.xml", files);
        var metadata = XDocument.Parse(Text(package.GetEntry($"{name}.nuspec")!));
        string Value(string element) => metadata.Descendants().Single(e => e.Name.LocalName == element).Value;
        Assert.Equal((name, version, "Apache-2.0", "README.md"), (Value("id"), Value("version"), Value("license"), Value("readme")));
        Assert.NotEmpty(Value("description"));

        using var symbols = ZipFile.OpenRead(feed.Packages($"{name}.{version}.snupkg").Single());
        Assert.Contains($"lib/net10.0/{name}.pdb", symbols.Entries.Select(e => e.FullName));
    }

    private static string Text(ZipArchiveEntry entry)
    {
        using var reader = new StreamReader(entry.Open(), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static string Write(string parent, string name, string source, string project)
    {
        var folder = Directory.CreateDirectory(Path.Combine(parent, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "Source.cs"), source);
        File.WriteAllText(Path.Combine(folder, $"{name}.csproj"), project);
        return folder;
    }
}
