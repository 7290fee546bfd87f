using System.Reflection;

namespace StreamFlow.Dashboard;

/// <summary>Makes the overview of an application.</summary>
internal static class OverviewView
{
    private const string DeadLetter = "dead_letter";

    public static readonly string Version =
        typeof(StreamsApplication).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <param name="view">The application.</param>
    /// <param name="status">Its status.</param>
    /// <param name="readings">What was read of its instruments.</param>
    public static OverviewModel Of(HostedView view, StreamsStatus status, IReadOnlyList<Reading> readings)
    {
        var (now, collection) = (view.Time.GetUtcNow(), view.Collection);
        double? uptime = readings.Where(r => r.Instrument == InstrumentNames.ApplicationUptime).Select(r => (double?)r.Value).FirstOrDefault();
        view.TakeUptime(uptime);
        var dropped = collection.Counted(InstrumentNames.Dropped).GroupBy(d => d.Tags.What ?? "unknown")
            .ToDictionary(g => g.Key, g => g.Sum(d => d.Count), StringComparer.Ordinal);
        var commits = readings.Where(r => r.Instrument == InstrumentNames.CommitAge).Select(r => r.Value).ToList();
        return new OverviewModel
        {
            ApplicationId = view.Application.ApplicationId,
            State = status.State.ToString(),
            Phase = Phases.Of(status),
            StartedAt = view.StartedAt,
            UptimeSeconds = uptime,
            Guarantee = view.Hosted.Options.Streams.ProcessingGuarantee.ToString(),
            Version = Version,
            Now = now,
            In = collection.In,
            Out = collection.Out,
            Lag = collection.Lag,
            Latency = collection.Latency(0.5) is { } p50 && collection.Latency(0.99) is { } p99 ? new LatencyModel(p50, p99) : null,
            Dropped = new DroppedModel(dropped.Values.Sum(), dropped),
            DeadLettered = dropped.GetValueOrDefault(DeadLetter),
            LastCommitAgeSeconds = commits.Count == 0 ? null : commits.Max(),
            Problems = Problems.Of(status, now),
        };
    }
}
