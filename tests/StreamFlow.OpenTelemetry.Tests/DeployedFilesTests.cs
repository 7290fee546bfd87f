using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>Dashboard and alerts ask for series that are there.</summary>
public sealed class DeployedFilesTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Expressions_name_metrics_and_labels_that_the_exporter_gives()
    {
        await using var scraped = await Scraped.StartAsync();
        var series = await scraped.SeriesAsync();
        var expressions = DeployedFiles.Expressions;

        Assert.True(expressions.Count > 40, $"Only {expressions.Count} expressions were found.");
        Assert.True(series.Count > 50, $"Only {series.Count} series were found.");
        var wrong = expressions.SelectMany(expression => DeployedFiles.Metrics(expression)
            .Where(name => !series.ContainsKey(name)).Select(name => $"{name} in {expression}")).ToList();
        wrong.AddRange(expressions.SelectMany(expression => DeployedFiles.Labels(expression)
            .Where(label => !DeployedFiles.Metrics(expression).Any(name => series.GetValueOrDefault(name)?.Contains(label) == true))
            .Select(label => $"label {label} in {expression}")));
        Assert.Empty(wrong);
        Assert.All(expressions, expression => Assert.NotEmpty(DeployedFiles.Metrics(expression)));
    }

    [SkippableFact]
    public async Task Prometheus_takes_the_alerts_and_has_data_for_each_metric_of_them_and_of_the_dashboard()
    {
        var program = Find();
        Skip.If(program is null, "There is no prometheus on the path, nor does PROMETHEUS name one.");
        await using var scraped = await Scraped.StartAsync();
        var folder = Directory.CreateTempSubdirectory("streamflow-prometheus-");
        var port = FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "prometheus.yml"), $"""
            global: {"{"} scrape_interval: 500ms, scrape_timeout: 500ms {"}"}
            rule_files: ["{Repository.PathOf(DeployedFiles.Alerts)}"]
            scrape_configs:
              - job_name: streamflow
                static_configs:
                  - targets: ["127.0.0.1:{scraped.Address.Port}"]
            """);
        using var process = Process.Start(new ProcessStartInfo(program!,
        [
            $"--config.file={folder.FullName}/prometheus.yml", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address=127.0.0.1:{port}",
        ])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var log = process.StandardError.ReadToEndAsync();
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/") };
            await UntilScrapedAsync(client, process, log);
            foreach (var expression in DeployedFiles.Expressions)
            {
                await QueryAsync(client, expression);
                foreach (var name in DeployedFiles.Metrics(expression))
                {
                    Assert.True(await QueryAsync(client, name) > 0, $"{name} of {expression} has no data.");
                }
            }

            var rules = await client.GetStringAsync(new Uri("rules", UriKind.Relative));
            Assert.Contains("StreamFlowStands", rules, StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
            folder.Delete(recursive: true);
        }
    }

    private static async Task UntilScrapedAsync(HttpClient client, Process process, Task<string> log)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            Assert.False(process.HasExited, process.HasExited ? await log : string.Empty);
            Assert.False(deadline.IsCancellationRequested, $"Prometheus has scraped nothing within {Deadline}.");
            try
            {
                if (await QueryAsync(client, "count_over_time(streamflow_application_uptime_seconds[1m]) > 3") > 0)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(200);
        }
    }

    /// <returns>How many series an expression has.</returns>
    private static async Task<int> QueryAsync(HttpClient client, string expression)
    {
        using var response = await client.GetAsync(new Uri("query?query=" + Uri.EscapeDataString(expression), UriKind.Relative));
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.True(answer.RootElement.GetProperty("status").GetString() == "success", $"{expression}: {answer.RootElement}");
        return answer.RootElement.GetProperty("data").GetProperty("result").GetArrayLength();
    }

    private static string? Find() => Environment.GetEnvironmentVariable("PROMETHEUS") is { Length: > 0 } given
        ? given
        : (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "prometheus")).FirstOrDefault(File.Exists);

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
