namespace StreamFlow.Dashboard;

/// <summary>
/// What is measured of one application, second by second. The history is kept whether somebody looks or not: whoever is woken by
/// an alert wants the minutes before it, and they cost a look at a few plain fields per partition and sink.
/// </summary>
internal sealed class Collection : IDisposable
{
    private readonly StreamsApplication _application;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly MeterReader _meter;
    private readonly RunningTotals _consumed = new();
    private readonly RunningTotals _produced = new();
    private readonly Dictionary<NodeTopic, RateWindow> _rates = [];
    private readonly RateWindow _in = new();
    private readonly RateWindow _out = new();
    private (double Seconds, double In, double Out)? _before;

    /// <param name="application">The application.</param>
    /// <param name="time">The clock.</param>
    public Collection(StreamsApplication application, TimeProvider time)
    {
        _application = application;
        _time = time;
        _began = time.GetTimestamp();
        _meter = new MeterReader(application);
        Graph = new TopologyNodes(application.Topology);
    }

    /// <summary>The topology as it was last looked at: topics that match a pattern come and go.</summary>
    public TopologyNodes Graph { get; private set; }

    public History History { get; } = new();

    /// <summary>Records that were taken from topics, by source and topic.</summary>
    public IReadOnlyDictionary<NodeTopic, double> Consumed => _consumed.All;

    /// <summary>Records that were sent, by sink and topic.</summary>
    public IReadOnlyDictionary<NodeTopic, double> Produced => _produced.All;

    /// <summary>Lags of input partitions, as of the last second.</summary>
    public IReadOnlyList<Reading> Lags { get; private set; } = [];

    public IReadOnlyDictionary<(bool IsSink, string Operator), LatencyWindow> Latencies => _meter.Latencies;

    public FlowModel In => new(_in.PerSecond, Total(_consumed, Graph.IsUserSource));

    public FlowModel Out => new(_out.PerSecond, Total(_produced, Graph.IsUserSink));

    /// <summary>Records of all input partitions that are not processed yet; null while none is known.</summary>
    public long? Lag => Lags.Count == 0 ? null : (long)Lags.Sum(r => r.Value);

    /// <summary>How fast a source or sink goes with a topic; null before that is known.</summary>
    public double? RateOf(NodeTopic of) => _rates.GetValueOrDefault(of)?.PerSecond;

    /// <summary>What was counted of one instrument since the start.</summary>
    public IEnumerable<(ReadingTags Tags, long Count)> Counted(string instrument) =>
        _meter.Counts.Where(c => c.Key.Instrument == instrument).Select(c => (c.Key.Tags, c.Value));

    /// <summary>What is asked for only while somebody looks.</summary>
    public IReadOnlyList<Reading> ReadWhileLookedAt() => _meter.ReadWhileLookedAt();

    /// <summary>
    /// The age of results at the sinks that write to the user's topics; where there are none, of records at the sources.
    /// </summary>
    /// <param name="quantile">Between 0 and 1.</param>
    public double? Latency(double quantile)
    {
        var sinks = Latencies.Where(l => l.Key.IsSink && Graph.IsUserSink(l.Key.Operator)).Select(l => l.Value).ToList();
        return LatencyWindow.Quantile(
            sinks.Count > 0 ? sinks : [.. Latencies.Where(l => !l.Key.IsSink).Select(l => l.Value)], quantile);
    }

    /// <summary>A second is over. One that cannot be looked at is a gap in the history.</summary>
    public void Tick()
    {
        try
        {
            Read();
        }
        catch
        {
            History.Add(_time.GetUtcNow(), new PointModel(null, null, null, null));
            throw;
        }
    }

    private void Read()
    {
        Graph = ReferenceEquals(Graph.Topology, _application.Topology) ? Graph : new TopologyNodes(_application.Topology);
        var readings = _meter.ReadAlways();
        _consumed.Take(readings.Where(r => r.Instrument == InstrumentNames.Consumed));
        _produced.Take(readings.Where(r => r.Instrument == InstrumentNames.Produced));
        Lags = [.. readings.Where(r => r.Instrument == InstrumentNames.Lag)];
        var seconds = _time.GetElapsedTime(_began).TotalSeconds;
        foreach (var (of, total) in Consumed.Concat(Produced))
        {
            if (!_rates.TryGetValue(of, out var rate))
            {
                _rates.Add(of, rate = new RateWindow());
            }

            rate.Add(seconds, total);
        }

        AddPoint(seconds);
        foreach (var window in Latencies.Values)
        {
            window.Turn();
        }
    }

    public void Dispose() => _meter.Dispose();

    private void AddPoint(double seconds)
    {
        var (taken, sent) = (Sum(_consumed, Graph.IsUserSource), Sum(_produced, Graph.IsUserSink));
        _in.Add(seconds, taken);
        _out.Add(seconds, sent);
        var passed = seconds - _before?.Seconds;
        History.Add(_time.GetUtcNow(), passed > 0
            ? new PointModel((taken - _before!.Value.In) / passed, (sent - _before.Value.Out) / passed, Lag, Latency(0.99))
            : new PointModel(null, null, Lag, Latency(0.99)));
        _before = (seconds, taken, sent);
    }

    private static long Total(RunningTotals totals, Func<string, bool> isUsers) => (long)Sum(totals, isUsers);

    private static double Sum(RunningTotals totals, Func<string, bool> isUsers) =>
        totals.All.Where(t => isUsers(t.Key.Node)).Sum(t => t.Value);
}
