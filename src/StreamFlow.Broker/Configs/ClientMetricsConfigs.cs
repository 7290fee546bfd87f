using System.Text.RegularExpressions;

namespace StreamFlow.Broker.Configs;

/// <summary>What clients are asked to report of themselves (KIP-714).</summary>
internal static class ClientMetricsConfigs
{
    public const string Interval = "interval.ms";
    public const string Match = "match";
    public const string Metrics = "metrics";

    private static readonly string[] Selectors =
        ["client_instance_id", "client_id", "client_software_name", "client_software_version", "client_source_address"];

    /// <summary>All settings, by name.</summary>
    public static IReadOnlyList<ConfigDefinition> All { get; } =
    [
        new(Interval, ConfigType.Int, "300000", ConfigChecks.Whole(100, 3_600_000), "How often clients are to report, in ms."),
        new(Match, ConfigType.List, "", MatchProblem, "Which clients are asked: selector=regular expression, separated by commas; empty for all."),
        new(Metrics, ConfigType.List, "", ConfigChecks.Any, "Prefixes of the names to be reported; empty for none, * for all."),
    ];

    public static ConfigDefinition? Find(string name) => All.FirstOrDefault(definition => definition.Name == name);

    private static string? MatchProblem(string value)
    {
        foreach (var entry in ConfigChecks.Entries(value))
        {
            if (entry.Split('=', 2) is not [var selector, var expression] || !Selectors.Contains(selector) || !IsExpression(expression))
            {
                return $"use selector=regular expression with one of {string.Join(", ", Selectors)}";
            }
        }

        return null;
    }

    private static bool IsExpression(string text)
    {
        try
        {
            _ = new Regex(text, RegexOptions.NonBacktracking);
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            // Whoever set it is told so; NonBacktracking has no look-arounds.
            return false;
        }
    }
}
