namespace StreamFlow.Dashboard;

/// <summary>What threads spend their time with, and how fast tasks are restored, over the seconds that somebody has looked.</summary>
internal sealed class ThreadShares
{
    private readonly Dictionary<(string Thread, string Phase), RateWindow> _phases = [];
    private readonly Dictionary<string, RateWindow> _restores = new(StringComparer.Ordinal);

    /// <summary>Takes what was read.</summary>
    /// <param name="seconds">Now, in seconds of a clock that never goes back.</param>
    /// <param name="readings">What threads have told.</param>
    /// <param name="restored">Changelog records that were applied, by task.</param>
    public void Take(double seconds, IReadOnlyList<Reading> readings, IReadOnlyDictionary<string, long> restored)
    {
        var times = readings.Where(r => r.Instrument == InstrumentNames.ThreadTime)
            .ToDictionary(r => (r.Tags.Thread ?? string.Empty, r.Tags.What ?? string.Empty), r => r.Value);
        Keep(_phases, times.Keys);
        foreach (var (of, total) in times)
        {
            Window(_phases, of).Add(seconds, total);
        }

        Keep(_restores, restored.Keys);
        foreach (var (task, count) in restored)
        {
            Window(_restores, task).Add(seconds, count);
        }
    }

    /// <summary>The part of a thread's time that each phase took, from 0 to 1.</summary>
    public IReadOnlyDictionary<string, double> Of(string thread) => _phases
        .Where(p => p.Key.Thread == thread && p.Value.PerSecond is not null)
        .ToDictionary(p => p.Key.Phase, p => Math.Clamp(p.Value.PerSecond!.Value, 0, 1), StringComparer.Ordinal);

    /// <summary>How long a task's restore goes on at the pace of the last seconds; null while that is not known.</summary>
    public double? SecondsLeft(string task, long remaining) =>
        _restores.GetValueOrDefault(task)?.PerSecond is { } pace and > 0 ? remaining / pace : null;

    private static RateWindow Window<TKey>(Dictionary<TKey, RateWindow> windows, TKey of)
        where TKey : notnull
    {
        if (!windows.TryGetValue(of, out var window))
        {
            windows.Add(of, window = new RateWindow());
        }

        return window;
    }

    private static void Keep<TKey>(Dictionary<TKey, RateWindow> windows, IEnumerable<TKey> living)
        where TKey : notnull
    {
        foreach (var gone in windows.Keys.Except(living).ToList())
        {
            windows.Remove(gone);
        }
    }
}
