namespace StreamFlow.Dashboard;

/// <summary>The points of the last five minutes.</summary>
internal sealed class History
{
    private const int Points = 300;
    private readonly Lock _gate = new();
    private readonly Queue<PointModel> _points = new(Points);
    private DateTimeOffset? _end;

    /// <summary>The point of the last second; null before there is one.</summary>
    public PointModel? Last { get; private set; }

    public void Add(DateTimeOffset at, PointModel point)
    {
        lock (_gate)
        {
            if (_points.Count == Points)
            {
                _points.Dequeue();
            }

            _points.Enqueue(point);
            (Last, _end) = (point, at);
        }
    }

    public HistoryModel ToModel()
    {
        lock (_gate)
        {
            return new HistoryModel(
                1,
                _end,
                [.. _points.Select(p => p.In)],
                [.. _points.Select(p => p.Out)],
                [.. _points.Select(p => p.Lag)],
                [.. _points.Select(p => p.P99Seconds)]);
        }
    }
}
