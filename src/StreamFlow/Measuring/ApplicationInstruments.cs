using System.Diagnostics.Metrics;

namespace StreamFlow.Measuring;

/// <summary>An application as it is when somebody looks.</summary>
/// <param name="tag">Which one it is.</param>
internal sealed class ApplicationCounts(KeyValuePair<string, object?> tag) : Counts(tag)
{
    /// <summary>Where it is in its life, and where it might be.</summary>
    public required Func<(string Now, IReadOnlyList<string> All)> State { get; init; }

    public required Func<int> Threads { get; init; }

    /// <summary>What somebody has to mend.</summary>
    public required Func<int> Problems { get; init; }

    /// <summary>For how many seconds no broker has answered; 0 while one does.</summary>
    public required Func<double> Disconnected { get; init; }

    public required Func<double> Uptime { get; init; }

    /// <summary>How often a record takes effect.</summary>
    public required string Guarantee { get; init; }
}

/// <summary>What is measured of an application as a whole.</summary>
internal sealed class ApplicationInstruments
{
    private readonly KeyValuePair<string, object?> _tag;

    /// <param name="meter">The application's meter.</param>
    /// <param name="tag">The application.</param>
    public ApplicationInstruments(Meter meter, KeyValuePair<string, object?> tag)
    {
        _tag = tag;
        All = new LiveSet<ApplicationCounts>(meter);
        LogFailures = meter.CreateCounter<long>(
            "streamflow.log.failures", "{message}", "Log messages that the application's logger threw at.");
        MisplacedKeys = meter.CreateCounter<long>(
            "streamflow.topic.misplaced_keys", "{key}",
            "Different keys, of those that were looked at, that lie in another partition than murmur2 puts them.");
        All.Gauges("streamflow.application.state", "{state}", "1 for the state that the application is in, 0 for the others.", States);
        All.Gauge<int>("streamflow.application.threads", "{thread}", "Stream threads that live.", a => a.Threads());
        All.Gauge<int>("streamflow.application.problems", "{problem}", "What somebody has to mend.", a => a.Problems());
        All.Gauge<double>(
            "streamflow.application.disconnected", "s", "For how long no broker has answered; 0 while one does.", a => a.Disconnected());
        All.Gauge<double>("streamflow.application.uptime", "s", "Time since the application was started.", a => a.Uptime());
        All.Gauges("streamflow.application.info", "{application}", "1; its tags say what runs.", Info);
    }

    /// <summary>The application, once it was started.</summary>
    public LiveSet<ApplicationCounts> All { get; }

    private Counter<long> LogFailures { get; }

    private Counter<long> MisplacedKeys { get; }

    /// <summary>The logger threw at a message.</summary>
    public void LogFailed() => ApplicationMeter.Add(LogFailures, 1, _tag);

    /// <summary>A key of a topic lies where it should not.</summary>
    public void Misplaced(string topic) => ApplicationMeter.Add(MisplacedKeys, 1, _tag, new("topic", topic));

    private static IEnumerable<Measurement<int>> States(ApplicationCounts application)
    {
        var (now, all) = application.State();
        return all.Select(state => new Measurement<int>(state == now ? 1 : 0, application.With("state", state)));
    }

    private static IEnumerable<Measurement<int>> Info(ApplicationCounts application) =>
        [new(1, [.. application.With("version", ApplicationMeter.Version), new("guarantee", application.Guarantee)])];
}
