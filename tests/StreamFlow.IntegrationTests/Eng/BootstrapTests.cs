using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace StreamFlow.IntegrationTests.Eng;

/// <summary>
/// Runs a copy of eng/bootstrap.sh in a folder of its own, with commands of our choice first on the PATH, so that a
/// machine that lacks something can be played on one that lacks nothing.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class BootstrapTests : IDisposable
{
    private const string WorkingDotnet = "case $1 in --version) echo 10.0.100;; esac";
    private readonly string _root = Directory.CreateTempSubdirectory("streamflow-bootstrap-").FullName;
    private readonly string _commands;

    public BootstrapTests()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "bootstrap provides native libraries on Linux only");
        Directory.CreateDirectory(Path.Combine(_root, "eng"));
        File.Copy(Path.Combine(RepositoryRoot(), "eng", "bootstrap.sh"), Path.Combine(_root, "eng", "bootstrap.sh"));
        _commands = Directory.CreateDirectory(Path.Combine(_root, "commands")).FullName;
        foreach (var tool in new[] { "bash", "dirname", "grep", "cut", "paste", "mkdir", "rm", "cat", "tail", "head",
            "sort", "uname", "id", "flock", "sha512sum", "tar", "nproc", "env", "touch", "sudo" })
        {
            // sudo included: it must not be able to make up for what the test takes away.
            Command(tool, tool == "sudo" ? "exit 1" : $"exec {Where(tool)} \"$@\"");
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [SkippableFact]
    public void Bootstrap_without_dotnet_names_the_sdk_and_the_command()
    {
        var result = Run();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the .NET SDK 10.0 is missing", result.Error, StringComparison.Ordinal);
        Assert.Contains("sudo apt-get install dotnet-sdk-10.0", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Bootstrap_with_an_old_sdk_names_the_installed_ones()
    {
        Command("dotnet", "case $1 in --list-sdks) echo '8.0.100 [/usr/share/dotnet/sdk]';; *) exit 155;; esac");

        var result = Run();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("installed: 8.0.100.", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Bootstrap_with_everything_present_is_silent()
    {
        Command("dotnet", WorkingDotnet);
        Command("ldconfig", "echo 'librocksdb.so.7.8 (libc6,x86-64) => /usr/lib/librocksdb.so.7.8'");
        CachePackage("<tags>native</tags>");

        var result = Run();

        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
    }

    [SkippableFact]
    public void Bootstrap_that_may_not_install_names_the_packages_and_the_command()
    {
        Command("dotnet", WorkingDotnet);
        Command("ldconfig", "exit 0");
        Command("dpkg-query", "exit 1");
        CachePackage("<tags>native</tags>");

        var result = Run();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("missing Debian packages (RocksDB, for state stores): librocksdb7.8", result.Error,
            StringComparison.Ordinal);
        Assert.Contains("sudo apt-get install -y librocksdb7.8", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Bootstrap_on_a_fresh_machine_updates_the_package_lists_and_installs()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "only root installs without sudo");
        Command("dotnet", WorkingDotnet);
        Command("ldconfig", $"[ ! -e {_root}/installed ] || echo 'librocksdb.so.7.8 (libc6,x86-64)'");
        Command("dpkg-query", "exit 1");
        Command("apt-get", $$"""
            echo "$*" >>{{_root}}/calls
            case "$*" in
              *update) > {{_root}}/updated ;;
              *install*) [ -e {{_root}}/updated ] && > {{_root}}/installed ;;
            esac
            """);
        CachePackage("<tags>native</tags>");

        var first = Run();
        var second = Run();

        Assert.Equal((0, ""), (first.ExitCode, first.Output));
        Assert.Equal("bootstrap: installing librocksdb7.8 (RocksDB, for state stores)\n", first.Error);
        Assert.Equal((0, "", ""), (second.ExitCode, second.Output, second.Error));
        var calls = File.ReadAllLines(Path.Combine(_root, "calls"));
        Assert.Equal(["install", "update", "install"], calls.Select(call => call.Contains("install") ? "install" : "update"));
    }

    [SkippableFact]
    public void Bootstrap_whose_feed_cannot_be_reached_shows_the_error_and_builds_nothing()
    {
        Command("dotnet", WorkingDotnet + "; [ $1 != restore ] || { echo 'error NU1301: no route'; exit 1; }");

        var result = Run();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("error NU1301: no route", result.Error, StringComparison.Ordinal);
        Assert.Contains("dotnet nuget list source", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("building", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Bootstrap_with_tampered_sources_compiles_nothing()
    {
        Command("dotnet", WorkingDotnet + "; [ $1 != restore ] || { echo 'error NU1101: not found'; exit 1; }");
        Command("dpkg-query", "printf installed");
        Command("npm", "echo not-librdkafka > sources.tgz");

        var result = Run();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("is not the reviewed one", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_root, "artifacts", "feed")));
    }

    [SkippableFact]
    public void Bootstrap_replaces_a_cached_package_of_an_older_recipe_only()
    {
        Command("dotnet", WorkingDotnet + "; [ $1 != restore ] || { echo 'error NU1301: no route'; exit 1; }");
        var cached = CachePackage("<tags>streamflow-recipe-0</tags>");

        var result = Run();

        Assert.Equal(1, result.ExitCode);
        Assert.False(Directory.Exists(cached));
    }

    [SkippableFact]
    public void Bootstrap_in_a_checkout_that_is_not_writable_says_so()
    {
        Command("dotnet", WorkingDotnet);
        Command("mkdir", "exit 1");

        var result = Run();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"cannot write to {_root}/artifacts/bootstrap", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Bootstrap_with_an_unknown_argument_says_how_it_is_used()
    {
        var result = Run("--fast");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("unknown argument '--fast'", result.Error, StringComparison.Ordinal);
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "StreamFlow.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException(
            $"No StreamFlow.sln above {AppContext.BaseDirectory}: run the tests from the repository's own build.");
    }

    private static string Where(string tool)
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin";
        return path.Split(':').Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists)
            ?? $"/usr/bin/{tool}";
    }

    private void Command(string name, string body)
    {
        var file = Path.Combine(_commands, name);
        File.WriteAllText(file, $"#!/bin/bash\n{body}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string CachePackage(string tags)
    {
        var package = Path.Combine(_root, "nuget", "librdkafka.redist", "2.15.1");
        var rid = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
        var native = Directory.CreateDirectory(Path.Combine(package, "runtimes", rid, "native")).FullName;
        File.WriteAllText(Path.Combine(native, "librdkafka.so"), "");
        File.WriteAllText(Path.Combine(package, ".nupkg.metadata"), "");
        File.WriteAllText(Path.Combine(package, "librdkafka.redist.nuspec"), tags);
        return package;
    }

    private (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/bash")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.ArgumentList.Add(Path.Combine(_root, "eng", "bootstrap.sh"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PATH"] = _commands;
        start.Environment["NUGET_PACKAGES"] = Path.Combine(_root, "nuget");
        start.Environment.Remove("STREAMFLOW_ROCKSDB_LIBRARY");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("bootstrap.sh did not end within 60 s");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
