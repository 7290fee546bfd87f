using System.Diagnostics.Metrics;

namespace StreamFlow.Broker.Measuring;

/// <summary>How many requests there were, how long they took and what was refused. Free while nobody listens.</summary>
internal sealed class RequestInstruments
{
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    };

    private readonly KeyValuePair<string, object?> _tag;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _errors;
    private readonly Histogram<double> _flushes;
    private readonly Counter<long> _pushes;

    public RequestInstruments(Meter meter, KeyValuePair<string, object?> tag)
    {
        _tag = tag;
        _requests = meter.CreateCounter<long>("streamflow.broker.requests", "{request}", "Requests that were answered.");
        _duration = meter.CreateHistogram(
            "streamflow.broker.request.duration", "s", "Time from a request to its answer, waiting included.", advice: Seconds);
        _errors = meter.CreateCounter<long>("streamflow.broker.request.errors", "{error}", "Errors in answers, by their code.");
        _pushes = meter.CreateCounter<long>(
            "streamflow.broker.telemetry.bytes", "By", "Reports that clients sent of themselves, as they were compressed.");
        _flushes = meter.CreateHistogram(
            "streamflow.broker.flush.duration", "s", "Time that it took the disk to have a file.", advice: Seconds);
    }

    /// <summary>Whether anybody wants to know how long requests take.</summary>
    public bool IsTimed => _duration.Enabled;

    /// <summary>A request was answered.</summary>
    /// <param name="api">Kafka's name of the request.</param>
    /// <param name="seconds">How long it took; negative when that is not known.</param>
    public void Answered(string api, double seconds)
    {
        KeyValuePair<string, object?> apiTag = new("api", api);
        Listeners.Add(_requests, 1, _tag, apiTag);
        if (seconds >= 0)
        {
            Listeners.Record(_duration, seconds, _tag, apiTag);
        }
    }

    /// <summary>An answer has an error in it.</summary>
    public void Failed(string api, string error) => Listeners.Add(_errors, 1, _tag, new KeyValuePair<string, object?>("api", api), new KeyValuePair<string, object?>("error", error));

    /// <summary>A client sent a report of itself.</summary>
    public void Pushed(int bytes) => Listeners.Add(_pushes, bytes, _tag);

    /// <summary>A file was forced to the disk.</summary>
    public void Flushed(TimeSpan duration) => Listeners.Record(_flushes, duration.TotalSeconds, _tag);
}
