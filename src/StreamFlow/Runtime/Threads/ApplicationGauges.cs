using StreamFlow.Measuring;

namespace StreamFlow.Runtime;

/// <summary>What is measured of an application as a whole, until its meter is disposed of.</summary>
internal static class ApplicationGauges
{
    private static readonly string[] States = Enum.GetNames<StreamsState>();

    /// <param name="application">The application.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="time">Its clock.</param>
    public static ApplicationMeter Show(StreamsApplication application, StreamFlowOptions options, TimeProvider time)
    {
        var meter = new ApplicationMeter(options.ApplicationId, options.MetricsLevel, application);
        var began = time.GetTimestamp();
        meter.Application.All.Add(new ApplicationCounts(meter.Tag)
        {
            State = () => (application.State.ToString(), States),
            Threads = () => application.Status.Threads.Count,
            Problems = () => application.Status.Problems.Count,
            Disconnected = () => application.Status.Outage is { } outage ? (time.GetUtcNow() - outage.Since).TotalSeconds : 0,
            Uptime = () => time.GetElapsedTime(began).TotalSeconds,
            Guarantee = options.ProcessingGuarantee.ToString(),
        });
        return meter;
    }
}
