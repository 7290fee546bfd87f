using System.Text.Json;
using System.Text.RegularExpressions;

namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>The expressions in <c>deploy/</c>.</summary>
internal static partial class DeployedFiles
{
    public const string Alerts = "deploy/prometheus/alerts.yml";
    public const string Dashboard = "deploy/grafana/streamflow.json";

    /// <summary>Expressions of both files, with Grafana's variables replaced by values.</summary>
    public static IReadOnlyList<string> Expressions => [.. OfAlerts(), .. OfDashboard()];

    /// <summary>The names of metrics in an expression.</summary>
    public static IEnumerable<string> Metrics(string expression) =>
        Name().Matches(WithoutGrouping(expression)).Select(m => m.Value).Where(name => name is not ("streamflow_application_id" or "streamflow_task_id" or "streamflow_broker_address"));

    /// <summary>What an expression compares, without the limits: each of these has data where something is measured at all.</summary>
    public static IEnumerable<string> Parts(string expression) =>
        SetOperator().Split(expression).Select(part => Limit().Replace(part, string.Empty).Trim());

    /// <summary>The labels that an expression asks for.</summary>
    public static IEnumerable<string> Labels(string expression) =>
        Grouping().Matches(expression).SelectMany(m => m.Groups[1].Value.Split(',')).Select(label => label.Trim())
            .Concat(Matcher().Matches(expression).Select(m => m.Groups[1].Value))
            .Where(label => label is not ("instance" or "le")).Distinct();

    private static string WithoutGrouping(string expression) => Grouping().Replace(expression, string.Empty);

    private static IEnumerable<string> OfAlerts()
    {
        var lines = Repository.Read(Alerts).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() == "expr: >")
            {
                yield return string.Join(' ', lines.Skip(i + 1).TakeWhile(line => line.StartsWith("          ", StringComparison.Ordinal)).Select(line => line.Trim()));
            }
            else if (lines[i].Trim() is ['e', 'x', 'p', 'r', ':', ' ', .. var expression])
            {
                yield return expression;
            }
        }
    }

    private static IEnumerable<string> OfDashboard()
    {
        using var dashboard = JsonDocument.Parse(Repository.Read(Dashboard));
        foreach (var panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
        {
            if (panel.TryGetProperty("targets", out var targets))
            {
                foreach (var target in targets.EnumerateArray())
                {
                    yield return target.GetProperty("expr").GetString()!
                        .Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$application", ".*", StringComparison.Ordinal);
                }
            }
        }
    }

    [GeneratedRegex(@"\bstreamflow_\w+")]
    private static partial Regex Name();

    [GeneratedRegex(@"\s(?:and|unless|or)\s")]
    private static partial Regex SetOperator();

    [GeneratedRegex(@"\s(?:[<>]=?|==|!=)\s*[\d.]+\s*$")]
    private static partial Regex Limit();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"(\w+)\s*(?:=~|!=|!~|=)\s*""")]
    private static partial Regex Matcher();
}
