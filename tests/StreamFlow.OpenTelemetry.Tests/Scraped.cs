using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>
/// A page for Prometheus with every instrument of docs/reference/metrics.md, each measured once with its tags. That the page has the
/// engine's instruments is a test of the engine.
/// </summary>
internal sealed partial class Scraped : IAsyncDisposable
{
    private readonly Meter _meter = new("StreamFlow");
    private readonly Meter _broker = new("StreamFlow.Broker");
    private readonly WebApplication _application;

    private Scraped(WebApplication application) => _application = application;

    public Uri Address => new(_application.Urls.First() + "/metrics");

    public static async Task<Scraped> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddStreamFlow().AddPrometheusExporter());
        var application = builder.Build();
        application.MapPrometheusScrapingEndpoint();
        await application.StartAsync();
        var scraped = new Scraped(application);
        scraped.MeasureAll();
        return scraped;
    }

    /// <summary>The names and labels of all series on the page.</summary>
    public async Task<Dictionary<string, HashSet<string>>> SeriesAsync()
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync(Address);
        return Sample().Matches(text).GroupBy(m => m.Groups["name"].Value).ToDictionary(
            g => g.Key,
            g => g.SelectMany(m => Label().Matches(m.Groups["labels"].Value)).Select(m => m.Groups[1].Value).ToHashSet());
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _meter.Dispose();
        _broker.Dispose();
    }

    private void MeasureAll()
    {
        foreach (Match row in Row().Matches(Repository.Read("docs/reference/metrics.md")))
        {
            var (name, unit) = (row.Groups["name"].Value, row.Groups["unit"].Value);
            var isOfBroker = name.StartsWith("streamflow.broker.", StringComparison.Ordinal);
            var meter = isOfBroker ? _broker : _meter;
            KeyValuePair<string, object?>[] tags =
            [
                new(isOfBroker ? "streamflow.broker.address" : "streamflow.application.id", "app"),
                .. Tag().Matches(row.Groups["tags"].Value).Select(m => new KeyValuePair<string, object?>(m.Groups[1].Value, "x")),
            ];
            switch (row.Groups["kind"].Value)
            {
                case "counter":
                    meter.CreateCounter<double>(name, unit).Add(1, tags);
                    break;
                case "gauge":
                    meter.CreateObservableGauge(name, () => new Measurement<double>(1, tags), unit);
                    break;
                default:
                    meter.CreateHistogram<double>(name, unit).Record(1, tags);
                    break;
            }
        }
    }

    [GeneratedRegex(@"^\| `(?<name>streamflow\.[\w.]+)` \| (?<kind>\w+) \| `(?<unit>[^`]+)` \| (?<tags>[^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Tag();

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:]\w*)\{(?<labels>[^}]*)\} ", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"(\w+)=""")]
    private static partial Regex Label();
}
