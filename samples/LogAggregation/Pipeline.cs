using Microsoft.Extensions.Logging;

namespace StreamFlow.Samples.LogAggregation;

/// <summary>Lines of a service in a minute, and how many of them are errors.</summary>
internal sealed record LogCount(long Lines, long Errors)
{
    public static readonly LogCount None = new(0, 0);

    public LogCount Plus(LogLine line) => new(Lines + 1, Errors + (Pipeline.IsError(line) ? 1 : 0));
}

/// <summary>Many errors of a service within ten seconds.</summary>
internal sealed record Spike(DateTimeOffset From, DateTimeOffset To, long Errors);

/// <summary>Rates per service and minute, and spikes.</summary>
internal static class Pipeline
{
    public const string Name = "log-aggregation";
    public const string PerMinute = "logs.per-minute";
    public const string Spikes = "logs.spikes";

    /// <summary>So many errors within <see cref="SpikeLength"/> are a spike.</summary>
    public const int SpikeErrors = 20;

    public static readonly string[] Services = ["billing", "mail", "search", "shop"];
    public static readonly TimeSpan SpikeLength = TimeSpan.FromSeconds(10);

    /// <summary>Topics of different services are read at different speeds; a day of grace makes no line late for that.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    public static string TopicOf(string service) => $"logs.of.{service}";

    public static bool IsError(LogLine line) => line.Level >= LogLevel.Error;

    public static void Describe(StreamsBuilder builder)
    {
        builder.Serdes.Add(SampleJson.Serde<LogLine>());
        builder.Serdes.Add(SampleJson.Serde<LogCount>());
        builder.Serdes.Add(SampleJson.Serde<Spike>());

        var lines = builder.Stream<string, LogLine>([.. Services.Select(TopicOf)]).GroupByKey();
        lines.WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(1), Grace))
            .Aggregate(() => LogCount.None, (_, line, count) => count.Plus(line), new() { Name = "per-minute" })
            .ToStream()
            .To(PerMinute);

        builder.Stream<string, LogLine>([.. Services.Select(TopicOf)])
            .Filter((_, line) => IsError(line), "errors")
            .GroupByKey()
            .WindowedBy(SlidingWindows.Of(SpikeLength, Grace))
            .Count(new() { Name = "errors-within-10s" })
            .ToStream()
            .Filter((_, errors) => errors >= SpikeErrors, "spikes")
            .Map((window, errors) => (window.Key, new Spike(window.Window.StartTime, window.Window.EndTime, errors)), "spike")
            .To(Spikes);
    }
}
