using System.Diagnostics;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>The SDK's command, and sources for it that no other build uses.</summary>
internal static class Dotnet
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Copies files and folders of the repository, and what any build of it needs, as an export without history.</summary>
    public static void Export(string folder, params string[] paths)
    {
        var properties = Directory.GetFiles(Repository.Root, "Directory.*.props").Select(f => Path.GetFileName(f));
        foreach (var file in paths.Concat(properties).Append(".editorconfig").SelectMany(Sources))
        {
            var copy = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(Repository.Root, file), copy);
        }
    }

    private static IEnumerable<string> Sources(string path)
    {
        var full = Path.Combine(Repository.Root, path);
        return File.Exists(full)
            ? [path]
            : Directory.GetFiles(full, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Repository.Root, f))
                .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));
    }

    /// <summary>Runs dotnet in a folder, as anybody does; it must succeed.</summary>
    public static Task<string> RunAsync(string folder, params string[] arguments) => RunCommandAsync("dotnet", folder, arguments);

    /// <summary>As <see cref="RunAsync"/>, with another command that runs dotnet.</summary>
    public static async Task<string> RunCommandAsync(string command, string folder, params string[] arguments)
    {
        var start = Start(command, folder, arguments);
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            var all = await output + await errors;
            Assert.True(process.ExitCode == 0, $"{command} {string.Join(' ', arguments)}\n{all}");
            return all;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} {string.Join(' ', arguments)} did not end within {Limit}.");
        }
    }

    /// <summary>How a command is started by somebody who is no test.</summary>
    public static ProcessStartInfo Start(string command, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments)
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
        return start;
    }
}
