using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace StreamFlow.Cli.Tests.Support;

/// <summary>The tool as one native file, made once for all tests of it.</summary>
public sealed class NativeTool : IDisposable
{
    /// <summary>
    /// <c>1</c> has it made, which takes both cores for minutes, more than a run of all tests has; the path of a file has that one tried.
    /// </summary>
    private const string Variable = "STREAMFLOW_NATIVE_TESTS";

    private const int NoToolchain = 3;
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<Task<string>> _path;

    public NativeTool() => _path = new Lazy<Task<string>>(PublishAsync);

    public void Dispose() => _folder.Dispose();

    /// <summary>Where it is; skips the test where it is not wanted or cannot be made.</summary>
    public Task<string> PathAsync() => _path.Value;

    /// <summary>Runs it to its end; it must succeed.</summary>
    public async Task<string> DoneAsync(string input, params string[] args)
    {
        (int code, string output) = await RunAsync(await PathAsync(), input, args);
        Assert.True(code == 0, output);
        return output;
    }

    public async Task<(int Code, string Output)> RunAsync(string input, params string[] args) => await RunAsync(await PathAsync(), input, args);

    /// <summary>Starts a broker and returns what it says when it is ready.</summary>
    public async Task<(Process Broker, string Ready)> StartBrokerAsync(params string[] args)
    {
        Process broker = Process.Start(new ProcessStartInfo(await PathAsync(), ["broker", .. args]) { RedirectStandardOutput = true })!;
        return (broker, await broker.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The broker has not started."));
    }

    private static async Task<(int Code, string Output)> RunAsync(string file, string input, params string[] args)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, args) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    private static string PathOf(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", file);

    private async Task<string> PublishAsync()
    {
        string? wanted = Environment.GetEnvironmentVariable(Variable);
        Skip.If(string.IsNullOrEmpty(wanted), $"compiling it takes minutes; {Variable}=1 has it done, {Variable}=FILE tries one that is there");
        if (wanted != "1")
        {
            return Path.GetFullPath(wanted);
        }

        (int code, string output) = await RunAsync(PathOf("eng/publish-native.sh"), "", _folder.Path);
        Skip.If(code == NoToolchain, output);
        Assert.True(code == 0, output);
        return Path.Combine(_folder.Path, "streamflow");
    }
}
