using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>The packages as somebody gets them: packed into a feed, and used by projects outside of the repository.</summary>
public sealed class PackageTests : IDisposable
{
    private static readonly string[] Names =
        ["StreamFlow", "StreamFlow.Broker", "StreamFlow.Hosting", "StreamFlow.Kafka", "StreamFlow.RocksDb", "StreamFlow.Testing"];

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Packages_serve_a_program_and_a_test_project_outside_of_the_repository()
    {
        var version = await PackAsync();
        Assert.Equal(Names, PackedNames(version));
        Assert.All(Names, name => AssertComplete(name, version));

        var program = Write("program", Consumers.Program, Consumers.Project(
            "<OutputType>Exe</OutputType>", ("StreamFlow.Hosting", version), ("StreamFlow.Broker", version)));
        var counted = await DotnetAsync(program, "run", "-c", "Release", "--", Path.Combine(_folder.Path, "state"));
        Assert.Contains("a=2 b=1", counted, StringComparison.Ordinal);

        var tests = Write("tests", Consumers.Tests, Consumers.Project(
            "<IsPackable>false</IsPackable>",
            ("StreamFlow.Testing", version), ("xunit", Pinned("xunit")),
            ("xunit.runner.visualstudio", Pinned("xunit.runner.visualstudio")),
            ("Microsoft.NET.Test.Sdk", Pinned("Microsoft.NET.Test.Sdk"))));
        var tested = await DotnetAsync(tests, "test", "-c", "Release");
        Assert.Contains("Passed:     1", tested, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sources_that_were_exported_without_history_are_packed_too()
    {
        foreach (var file in new[] { "src/StreamFlow.Broker", "src/Directory.Build.props", "eng/BannedSymbols.txt", "LICENSE" }
            .Concat(Directory.GetFiles(Repository.Root, "Directory.*.props").Select(f => Path.GetFileName(f)))
            .SelectMany(Sources))
        {
            var copy = Path.Combine(_folder.Path, "export", file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(Repository.Root, file), copy);
        }

        await DotnetAsync(
            Path.Combine(_folder.Path, "export", "src", "StreamFlow.Broker"), "pack", "-c", "Release", "-o",
            Path.Combine(_folder.Path, "feed"));

        Assert.Equal("StreamFlow.Broker.0.1.0-exported.nupkg", Path.GetFileName(Packages("*.nupkg").Single()));
    }

    /// <summary>A file, or all of a folder that was not built, relative to the repository.</summary>
    private static IEnumerable<string> Sources(string path)
    {
        var full = Path.Combine(Repository.Root, path);
        return File.Exists(full)
            ? [path]
            : Directory.GetFiles(full, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Repository.Root, f))
                .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));
    }

    /// <summary>The version pinned for the repository's own tests, which is in NuGet's cache.</summary>
    private static string Pinned(string package) =>
        XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Single(e => (string?)e.Attribute("Include") == package).Attribute("Version")!.Value;

    /// <returns>The version, which MinVer has chosen.</returns>
    private async Task<string> PackAsync()
    {
        await DotnetAsync(
            Repository.Root, "pack", "StreamFlow.Packages.slnf", "-c", "Release", "-nodeReuse:false", "-o",
            Path.Combine(_folder.Path, "feed"));
        return Path.GetFileNameWithoutExtension(Packages("StreamFlow.Broker.*.nupkg").Single())["StreamFlow.Broker.".Length..];
    }

    private string[] Packages(string pattern) => Directory.GetFiles(Path.Combine(_folder.Path, "feed"), pattern);

    private IEnumerable<string> PackedNames(string version) =>
        Packages("*.nupkg").Select(f => Path.GetFileName(f).Replace($".{version}.nupkg", "", StringComparison.Ordinal)).Order();

    private void AssertComplete(string name, string version)
    {
        using var package = ZipFile.OpenRead(Packages($"{name}.{version}.nupkg").Single());
        var files = package.Entries.Select(e => e.FullName).ToList();
        Assert.Contains("README.md", files);
        Assert.Contains($"lib/net10.0/{name}.dll", files);
        Assert.Contains($"lib/net10.0/{name}.xml", files);
        var metadata = XDocument.Parse(Text(package.GetEntry($"{name}.nuspec")!));
        string Value(string element) => metadata.Descendants().Single(e => e.Name.LocalName == element).Value;
        Assert.Equal((name, version, "Apache-2.0", "README.md"), (Value("id"), Value("version"), Value("license"), Value("readme")));
        Assert.NotEmpty(Value("description"));

        using var symbols = ZipFile.OpenRead(Packages($"{name}.{version}.snupkg").Single());
        Assert.Contains($"lib/net10.0/{name}.pdb", symbols.Entries.Select(e => e.FullName));
    }

    private static string Text(ZipArchiveEntry entry)
    {
        using var reader = new StreamReader(entry.Open(), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private string Write(string name, string source, string project)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "Source.cs"), source);
        File.WriteAllText(Path.Combine(folder, $"{name}.csproj"), project);

        // Our packages from the feed, into a cache that ends with the test; all others as the machine has them already.
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="../cache" /></config>
              <fallbackPackageFolders><add key="machine" value="{cache}" /></fallbackPackageFolders>
              <packageSources><add key="packed" value="../feed" /></packageSources>
            </configuration>
            """);
        return folder;
    }

    private static async Task<string> DotnetAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("NUGET_PACKAGES");

        // What runs the tests tells its children how to build; these are to build as anybody's do.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            var all = await output + await errors;
            Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}\n{all}");
            return all;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"dotnet {string.Join(' ', arguments)} did not end within {Limit}.");
        }
    }
}
