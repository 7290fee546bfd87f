using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>A worker made of the template, as a process, on ports that are free.</summary>
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

    /// <summary>Starts it in a folder, with what is added to the environment, on a port of its own.</summary>
    public static NewWorker Start(string folder, IEnumerable<string> command, params IEnumerable<KeyValuePair<string, string>> environment)
    {
        string[] all = [.. command, "--urls", "http://127.0.0.1:0"];
        var start = Dotnet.Start(all[0], folder, all[1..]);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

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

    public async Task<string> GetAsync(string path) => await _client.GetStringAsync(new Uri(new Uri(await SaidAsync(Listening())), path));

    public Task UntilReadyAsync() => UntilAsync("/health/ready", HttpStatusCode.OK);

    public async Task UntilAsync(string path, HttpStatusCode status)
    {
        await SaidAsync(Listening());
        await Until.TrueAsync(async () => Ended() || await AskAsync(path) == status, $"{path} answers {status}", () => Output);
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
