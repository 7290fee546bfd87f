namespace StreamFlow.Cli.Measuring;

/// <summary>Times that were measured, all of them, so that percentiles are exact. One thread at a time.</summary>
internal sealed class Latencies
{
    private readonly List<float> _milliseconds = [];
    private bool _isSorted = true;

    public int Count => _milliseconds.Count;

    public double Mean => Count == 0 ? 0 : _milliseconds.Average();

    public double Max => Count == 0 ? 0 : _milliseconds.Max();

    public void Add(TimeSpan time)
    {
        _milliseconds.Add((float)time.TotalMilliseconds);
        _isSorted = false;
    }

    /// <summary>The time that so much of a hundred took at most.</summary>
    public double Percentile(double percent)
    {
        if (Count == 0)
        {
            return 0;
        }

        if (!_isSorted)
        {
            _milliseconds.Sort();
            _isSorted = true;
        }

        return _milliseconds[Math.Clamp((int)Math.Ceiling(percent / 100 * Count) - 1, 0, Count - 1)];
    }
}
