namespace StreamFlow.Dashboard;

/// <summary>A source or sink, and the topic that it reads or writes; without one where records choose.</summary>
internal readonly record struct NodeTopic(string Node, string? Topic);

/// <summary>
/// Totals of counters that begin at zero whenever a task comes to this instance: what was counted before it went stays in the total.
/// </summary>
internal sealed class RunningTotals
{
    private readonly Dictionary<NodeTopic, double> _totals = [];
    private Dictionary<ReadingTags, double> _last = [];

    /// <summary>The totals by node and topic.</summary>
    public IReadOnlyDictionary<NodeTopic, double> All => _totals;

    /// <summary>Takes what the counters say now.</summary>
    public void Take(IEnumerable<Reading> readings)
    {
        var now = new Dictionary<ReadingTags, double>();
        foreach (var reading in readings)
        {
            var before = _last.GetValueOrDefault(reading.Tags);
            var added = reading.Value >= before ? reading.Value - before : reading.Value;
            var of = new NodeTopic(reading.Tags.Operator ?? string.Empty, reading.Tags.Topic);
            _totals[of] = _totals.GetValueOrDefault(of) + added;
            now[reading.Tags] = reading.Value;
        }

        _last = now;
    }
}

/// <summary>How fast a total grows, over the last five seconds.</summary>
internal sealed class RateWindow
{
    private const int Points = 6;
    private readonly Queue<(double Seconds, double Total)> _points = new(Points);

    /// <summary>Per second; null before there are two points.</summary>
    public double? PerSecond { get; private set; }

    /// <param name="seconds">Now, in seconds of a clock that never goes back.</param>
    /// <param name="total">The total now.</param>
    public void Add(double seconds, double total)
    {
        if (_points.Count == Points)
        {
            _points.Dequeue();
        }

        _points.Enqueue((seconds, total));
        var first = _points.Peek();
        PerSecond = seconds > first.Seconds ? (total - first.Total) / (seconds - first.Seconds) : null;
    }
}
