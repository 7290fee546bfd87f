using System.Text.RegularExpressions;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Hosts;

/// <summary>The web service of the project beside this one as a process, asked over HTTP as an orchestrator asks.</summary>
internal sealed partial class WebProcess : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly WorkerProcess _process;

    private WebProcess(WorkerProcess process) => _process = process;

    public IReadOnlyList<string> Lines => _process.Lines;

    public string Output => _process.Output;

    /// <summary>Starts it; it listens on a port that it chooses itself.</summary>
    public static async Task<WebProcess> StartAsync(string bootstrapServers, params string[] settings)
    {
        var web = new WebProcess(WorkerProcess.StartProgram(
            Path.Combine(AppContext.BaseDirectory.Replace("StreamFlow.IntegrationTests", "StreamFlow.WebService", StringComparison.Ordinal),
                "StreamFlow.WebService.dll"),
            [$"--StreamFlow:web:BootstrapServers={bootstrapServers}", .. settings.Select(s => $"--{s}")]));
        await web._process.UntilSaysAsync("Now listening on: ");
        web._http.BaseAddress = new Uri(ListensOn().Match(web.Output).Groups[1].Value);
        return web;
    }

    /// <summary>Status code and text of a probe.</summary>
    public async Task<(int Code, string Text)> AskAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public Task UntilReadyAsync() => Until.TrueAsync(
        async () => (await AskAsync("/ready")).Code == 200, "the service is ready", () => Output);

    public Task UntilSaysAsync(string text) => _process.UntilSaysAsync(text);

    /// <summary>Asks it to end, and does not wait for it.</summary>
    public Task SignalAsync() => _process.SignalAsync();

    public Task<int> TerminateAsync() => _process.TerminateAsync();

    /// <summary>Waits until it has ended by itself.</summary>
    public Task<int> ExitAsync() => _process.ExitAsync();

    public void Dispose()
    {
        _process.Dispose();
        _http.Dispose();
    }

    [GeneratedRegex(@"Now listening on: (http://\S+)")]
    private static partial Regex ListensOn();
}
