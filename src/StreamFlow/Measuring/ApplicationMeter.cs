using System.Diagnostics.Metrics;
using System.Reflection;

namespace StreamFlow.Measuring;

/// <summary>
/// The instruments of one application, which live and end with it. All applications of a process have meters of one name; the
/// application's id is a tag of each measurement, and of the meter, so that the end of one takes nothing from another.
/// </summary>
internal sealed class ApplicationMeter : IDisposable
{
    public const string Name = "StreamFlow";

    /// <summary>The tag that every measurement has.</summary>
    public const string ApplicationTag = "streamflow.application.id";

    public static readonly string Version =
        typeof(ApplicationMeter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private readonly Meter _meter;

    /// <param name="applicationId">The application.</param>
    /// <param name="level">How much is measured.</param>
    /// <param name="scope">Whose meter it is, for listeners to tell it from another of that id; null: its own.</param>
    public ApplicationMeter(string applicationId, MetricsLevel level = MetricsLevel.Info, object? scope = null)
    {
        Tag = new(ApplicationTag, applicationId);
        Level = level;
        _meter = new Meter(new MeterOptions(Name) { Version = Version, Tags = [Tag], Scope = scope ?? this });
        Application = new ApplicationInstruments(_meter, Tag);
        Threads = new ThreadInstruments(_meter);
        Tasks = new TaskInstruments(_meter);
        Sources = new SourceInstruments(_meter);
        Sinks = new SinkInstruments(_meter);
        Suppressions = new SuppressInstruments(_meter);
        Stores = new StoreInstruments(_meter, level);
    }

    /// <summary>Whose measurements these are.</summary>
    public KeyValuePair<string, object?> Tag { get; }

    public MetricsLevel Level { get; }

    public ApplicationInstruments Application { get; }

    public ThreadInstruments Threads { get; }

    public TaskInstruments Tasks { get; }

    public SourceInstruments Sources { get; }

    public SinkInstruments Sinks { get; }

    public SuppressInstruments Suppressions { get; }

    public StoreInstruments Stores { get; }

    /// <summary>Counts, for whoever listens. Listeners are called in here, and what one of them throws is nobody's failure but theirs.</summary>
    /// <returns>What one of them threw, or null.</returns>
    public static Exception? Add(Counter<long> counter, long count, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            counter.Add(count, tags);
            return null;
        }
#pragma warning disable CA1031 // See above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }
    }

    /// <inheritdoc cref="Add"/>
    public static Exception? Record(
        Histogram<double> histogram, double value, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            histogram.Record(value, tags);
            return null;
        }
#pragma warning disable CA1031 // See above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }
    }

    public void Dispose() => _meter.Dispose();
}
