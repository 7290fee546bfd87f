using System.Diagnostics.Metrics;

namespace StreamFlow.Measuring;

/// <summary>
/// The things of one kind that there are at this moment, and the instruments that read their counts when somebody collects. What
/// has gone is measured no more.
/// </summary>
/// <param name="meter">The application's meter.</param>
internal sealed class LiveSet<T>(Meter meter)
    where T : Counts
{
    private readonly Lock _gate = new();
    private volatile T[] _all = [];

    public IReadOnlyList<T> All => _all;

    public void Add(T counts)
    {
        lock (_gate)
        {
            _all = [.. _all, counts];
        }
    }

    public void Remove(T counts)
    {
        lock (_gate)
        {
            _all = Array.FindAll(_all, each => each != counts);
        }
    }

    /// <summary>Something that only grows.</summary>
    public void Counter(string name, string unit, string description, Func<T, long?> read) =>
        meter.CreateObservableCounter(name, () => Measure(read), unit, description);

    /// <summary>Time that only grows, in seconds.</summary>
    public void Time(string name, string description, Func<T, double?> read) =>
        meter.CreateObservableCounter(name, () => Measure(read), "s", description);

    /// <summary>Something that only grows, told apart by one more tag.</summary>
    public void Counters<TValue>(
        string name, string unit, string description, Func<T, IEnumerable<Measurement<TValue>>> read)
        where TValue : struct =>
        meter.CreateObservableCounter(name, () => _all.SelectMany(read), unit, description);

    /// <summary>Something that comes and goes.</summary>
    public void Gauge<TValue>(string name, string unit, string description, Func<T, TValue?> read)
        where TValue : struct =>
        meter.CreateObservableGauge(name, () => Measure(read), unit, description);

    /// <summary>Something that comes and goes, told apart by one more tag.</summary>
    public void Gauges<TValue>(
        string name, string unit, string description, Func<T, IEnumerable<Measurement<TValue>>> read)
        where TValue : struct =>
        meter.CreateObservableGauge(name, () => _all.SelectMany(read), unit, description);

    private IEnumerable<Measurement<TValue>> Measure<TValue>(Func<T, TValue?> read)
        where TValue : struct
    {
        foreach (var each in _all)
        {
            if (read(each) is { } value)
            {
                yield return new Measurement<TValue>(value, each.Tags);
            }
        }
    }
}
