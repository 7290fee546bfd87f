using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>Prometheus itself, which scrapes one page and has the alerts of <c>deploy/</c>.</summary>
internal sealed class Prometheus : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly HttpClient _client;
    private readonly Task<string> _log;

    private Prometheus(Process process, DirectoryInfo folder, int port)
    {
        _process = process;
        _folder = folder;
        _log = process.StandardError.ReadToEndAsync();
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/") };
    }

    /// <summary>Where the program is: what PROMETHEUS names, where eng/test-tools.sh puts it, or on the path; null when it is nowhere.</summary>
    public static string? Program() => Environment.GetEnvironmentVariable("PROMETHEUS") is { Length: > 0 } given
        ? given
        : Folders().Select(folder => Path.Combine(folder, "prometheus")).FirstOrDefault(File.Exists);

    public static Prometheus Start(string program, Uri page)
    {
        var folder = Directory.CreateTempSubdirectory("streamflow-prometheus-");
        var port = FreePort();
        File.WriteAllText(Path.Combine(folder.FullName, "prometheus.yml"), $"""
            global: {"{"} scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 1s {"}"}
            rule_files: ["{Repository.PathOf(DeployedFiles.Alerts)}"]
            scrape_configs:
              - job_name: streamflow
                metrics_path: {page.AbsolutePath}
                static_configs:
                  - targets: ["{page.Authority}"]
            """);
        var process = Process.Start(new ProcessStartInfo(program,
        [
            $"--config.file={folder.FullName}/prometheus.yml", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address=127.0.0.1:{port}",
        ])
        { RedirectStandardError = true })!;
        return new Prometheus(process, folder, port);
    }

    /// <returns>How many series an expression has; 0 also while it does not listen yet.</returns>
    public async Task<int> CountAsync(string expression)
    {
        Assert.False(_process.HasExited, _process.HasExited ? await _log : string.Empty);
        try
        {
            using var response = await _client.GetAsync(new Uri("query?query=" + Uri.EscapeDataString(expression), UriKind.Relative));
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return 0; // it listens, and is not ready
            }

            using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            Assert.True(answer.RootElement.GetProperty("status").GetString() == "success", $"{expression}: {answer.RootElement}");
            return answer.RootElement.GetProperty("data").GetProperty("result").GetArrayLength();
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    /// <summary>The alerts that it has taken, with what came of their last evaluation.</summary>
    public async Task<IReadOnlyList<(string Name, string Health)>> AlertsAsync()
    {
        using var answer = JsonDocument.Parse(await _client.GetStringAsync(new Uri("rules", UriKind.Relative)));
        return [.. answer.RootElement.GetProperty("data").GetProperty("groups").EnumerateArray()
            .SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .Select(rule => (rule.GetProperty("name").GetString()!, rule.GetProperty("health").GetString()!))];
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static IEnumerable<string> Folders() =>
    [
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
                ? cache
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "streamflow"),
        .. (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator),
    ];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
