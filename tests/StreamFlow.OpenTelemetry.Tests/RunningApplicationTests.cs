using System.Globalization;
using System.Text;
using Xunit.Abstractions;

namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>Whatever dashboard and alerts ask for, a running application and its broker give to Prometheus.</summary>
public sealed class RunningApplicationTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    [SkippableFact]
    public async Task Prometheus_has_data_for_every_expression_of_dashboard_and_alerts()
    {
        var program = Prometheus.Program();
        Skip.If(program is null, "There is no prometheus: eng/test-tools.sh fetches it, or PROMETHEUS names one.");
        await using var running = await RunningApplication.StartAsync();
        await using var prometheus = Prometheus.Start(program!, running.Page);

        var counts = await CountAsync(prometheus, [.. DeployedFiles.Expressions.Distinct()]);
        var alerts = await prometheus.AlertsAsync();

        var text = new StringBuilder().AppendLine("Series for each part of each expression, without its limit:");
        foreach (var ((expression, part), count) in counts)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{count,4}  {part}{(part == expression ? string.Empty : $"    of: {expression}")}");
        }

        alerts.ToList().ForEach(alert => text.AppendLine(CultureInfo.InvariantCulture, $"alert {alert.Name}: {alert.Health}"));
        output.WriteLine(text.ToString());
        var file = Repository.PathOf("artifacts/prometheus.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, text.ToString());
        Assert.Equal([], counts.Where(c => c.Value == 0).Select(c => c.Key.Part));
        Assert.True(counts.Count > 60, $"Only {counts.Count} parts of expressions were found.");
        Assert.Contains("StreamFlowStands", alerts.Select(alert => alert.Name));
        Assert.DoesNotContain(alerts, alert => alert.Health == "err");
    }

    /// <summary>Asks until each has data, or the deadline is over.</summary>
    private static async Task<Dictionary<(string Expression, string Part), int>> CountAsync(Prometheus prometheus, string[] expressions)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var counts = expressions.SelectMany(e => DeployedFiles.Parts(e).Select(part => (e, part))).Distinct().ToDictionary(key => key, _ => 0);
        while (counts.ContainsValue(0) && !deadline.IsCancellationRequested)
        {
            foreach (var key in counts.Where(c => c.Value == 0).Select(c => c.Key).ToList())
            {
                counts[key] = await prometheus.CountAsync(key.part);
            }

            await Task.Delay(500);
        }

        return counts;
    }
}
