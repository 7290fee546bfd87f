using System.Diagnostics;
using System.Runtime.Versioning;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Eng;

/// <summary>
/// Runs copies of eng/bootstrap.sh and eng/test-tools.sh in a folder of its own, with nothing but commands of our choice
/// on the PATH, so that a machine that lacks something can be played on one that lacks nothing.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class BootstrapTests : IDisposable
{
    private const string Bootstrap = "bootstrap.sh";
    private const string TestTools = "test-tools.sh";
    private readonly string _root = Directory.CreateTempSubdirectory("streamflow-bootstrap-").FullName;
    private readonly string _commands;

    public BootstrapTests()
    {
        Skip.If(OperatingSystem.IsWindows(), "the scripts need a shell");
        var scripts = Directory.CreateDirectory(Path.Combine(_root, "eng")).FullName;
        foreach (var script in new[] { Bootstrap, TestTools })
        {
            File.Copy(Path.Combine(Repository.Root, "eng", script), Path.Combine(scripts, script));
        }

        _commands = Directory.CreateDirectory(Path.Combine(_root, "commands")).FullName;
        foreach (var tool in new[] { "dirname", "cut", "paste", "tail", "env" })
        {
            Command(tool, $"exec {Where(tool)} \"$@\"");
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [SkippableFact]
    public void Bootstrap_without_dotnet_names_the_sdk_and_the_command()
    {
        var result = Run(Bootstrap);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the .NET SDK 10.0 is missing", result.Error, StringComparison.Ordinal);
        Assert.Contains("sudo apt-get install dotnet-sdk-10.0", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Bootstrap_with_an_old_sdk_names_the_installed_ones()
    {
        Command("dotnet", "case $1 in --list-sdks) echo '8.0.100 [/usr/share/dotnet/sdk]';; *) exit 155;; esac");

        var result = Run(Bootstrap);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("installed: 8.0.100.", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Bootstrap_with_an_sdk_is_silent_and_calls_nothing_else()
    {
        Command("dotnet", "case $1 in --version) echo 10.0.100;; *) exit 1;; esac");
        foreach (var forbidden in new[] { "sudo", "apt-get", "npm", "gcc", "make", "curl", "wget" })
        {
            Command(forbidden, $"echo {forbidden} >>{_root}/calls");
        }

        var result = Run(Bootstrap);

        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
        Assert.False(File.Exists(Path.Combine(_root, "calls")));
        Assert.Equal([_commands, Path.Combine(_root, "eng")], Directory.GetFileSystemEntries(_root).Order());
    }

    [SkippableFact]
    public void Test_tools_that_are_there_are_left_alone()
    {
        Command("dpkg-query", "printf installed");

        var result = Run(TestTools);

        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
    }

    [SkippableFact]
    public void Test_tools_that_may_not_be_installed_are_named_with_the_command_and_stop_nothing()
    {
        Command("dpkg-query", "exit 1");

        var result = Run(TestTools);

        Assert.Equal((0, ""), (result.ExitCode, result.Output));
        Assert.Contains(
            "will be skipped; to run them: sudo apt-get install -y kcat python3-confluent-kafka python3-kafka chromium fonts-inter fonts-dejavu-core",
            result.Error,
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Test_tools_on_a_fresh_machine_are_installed_after_the_package_lists_were_updated()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "only root installs without sudo");
        Command("dpkg-query", $"if [ -e {_root}/installed ]; then printf installed; else exit 1; fi");
        Command("apt-get", $$"""
            echo "$*" >>{{_root}}/calls
            case "$*" in
              *update) > {{_root}}/updated ;;
              *install*) [ -e {{_root}}/updated ] && > {{_root}}/installed ;;
            esac
            """);

        var first = Run(TestTools);
        var second = Run(TestTools);

        Assert.Equal((0, ""), (first.ExitCode, first.Output));
        Assert.Equal("test tools: installing kcat python3-confluent-kafka python3-kafka chromium fonts-inter fonts-dejavu-core\n", first.Error);
        Assert.Equal((0, "", ""), (second.ExitCode, second.Output, second.Error));
        var calls = File.ReadAllLines(Path.Combine(_root, "calls"));
        Assert.Equal(["install", "update", "install"], calls.Select(call => call.Contains("install") ? "install" : "update"));
    }

    [SkippableFact]
    public void Bootstrap_with_an_unknown_argument_says_how_it_is_used()
    {
        var result = Run(Bootstrap, "--fast");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("unknown argument '--fast'", result.Error, StringComparison.Ordinal);
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

    private (int ExitCode, string Output, string Error) Run(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/bash")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.ArgumentList.Add(Path.Combine(_root, "eng", script));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PATH"] = _commands;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{script} did not end within 60 s");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
