using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>A worker made of the template, as a process in development, on ports that are free.</summary>
internal sealed partial class NewWorker : IAsyncDisposable
{
    private readonly HttpClient _client = new();
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Process _process;

    private NewWorker(Process process)
    {
        _process = process;
        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        void Take(object sender, DataReceivedEventArgs line) => _lines.Enqueue(line.Data ?? string.Empty);
    }

    public string Output => string.Join('\n', _lines);

    public static NewWorker Start(string project, string program)
    {
        var settings = Path.Combine(project, "src", Path.GetFileNameWithoutExtension(program));
        var start = Dotnet.Start("dotnet", settings, program, "--urls", "http://127.0.0.1:0", "--Broker:Port", "0");
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        return new NewWorker(Process.Start(start)!);
    }

    /// <summary>Waits for a line of its log and returns what the pattern's group found there.</summary>
    public async Task<string> SaidAsync(Regex pattern)
    {
        var found = Match.Empty;
        await Until.TrueAsync(() => (found = pattern.Match(Output)).Success || Ended(), $"a line like '{pattern}'", () => Output);
        return found.Groups[1].Value;
    }

    public async Task<HttpStatusCode> AskAsync(string path)
    {
        using var response = await _client.GetAsync(new Uri(new Uri(await SaidAsync(Listening())), path));
        return response.StatusCode;
    }

    public async Task UntilReadyAsync()
    {
        await SaidAsync(Listening());
        await Until.TrueAsync(
            async () => Ended() || await AskAsync("/health/ready") == HttpStatusCode.OK, "the worker is ready", () => Output);
    }

    /// <summary>Asks it to stop, as a platform does, and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        await ExternalTool.RunAsync("kill", ["-TERM", $"{_process.Id}"]);
        using var deadline = new CancellationTokenSource(Until.Deadline);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _client.Dispose();
    }

    private bool Ended()
    {
        Assert.False(_process.HasExited, Output);
        return false;
    }

    [GeneratedRegex(@"Now listening on: (\S+)")]
    private static partial Regex Listening();
}
