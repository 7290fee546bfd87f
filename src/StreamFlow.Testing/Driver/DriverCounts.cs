using StreamFlow.Processing;

namespace StreamFlow.Testing.Driver;

/// <summary>What the lives that are over have counted.</summary>
internal sealed class DriverCounts
{
    private readonly Dictionary<(string Operator, DropReason Reason), long> _dropped = [];
    private long _processed;

    /// <summary>Adds what a life has counted that is about to end.</summary>
    public void Keep(DriverLife? life)
    {
        foreach (var context in life?.Tasks ?? [])
        {
            _processed += context.Metrics.ProcessedTotal;
        }

        foreach (var (dropped, count) in Drops(life))
        {
            _dropped[dropped] = _dropped.GetValueOrDefault(dropped) + count;
        }
    }

    /// <summary>All that was counted, the life at hand included.</summary>
    public TopologyTestMetrics With(DriverLife? life)
    {
        var drops = _dropped.Concat(Drops(life))
            .GroupBy(dropped => dropped.Key, dropped => dropped.Value)
            .Select(group => new DroppedRecords(group.Key.Operator, group.Key.Reason, group.Sum()))
            .OrderBy(dropped => dropped.Operator, StringComparer.Ordinal)
            .ThenBy(dropped => dropped.Reason)
            .ToList();
        return new TopologyTestMetrics(
            _processed + (life?.Tasks.Sum(context => context.Metrics.ProcessedTotal) ?? 0),
            drops.GroupBy(dropped => dropped.Reason).ToDictionary(g => g.Key, g => g.Sum(dropped => dropped.Count)))
        {
            Drops = drops,
        };
    }

    private static IEnumerable<KeyValuePair<(string Operator, DropReason Reason), long>> Drops(DriverLife? life) =>
        life?.Parts.SelectMany(part => part.Context.Metrics.DroppedRecords) ?? [];
}
