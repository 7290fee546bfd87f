using Microsoft.Extensions.Logging;

namespace StreamFlow.Samples.LogAggregation;

/// <summary>The clock of the generated services: event time that runs faster than the real one, until it has caught up with it.</summary>
/// <param name="real">The real one.</param>
/// <param name="earlier">Up to where an earlier run on the same brokers has logged; this one begins behind it.</param>
internal sealed class EventClock(TimeProvider real, DateTimeOffset earlier) : TimeProvider
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private DateTimeOffset _now = Start(real.GetUtcNow(), earlier);

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance() => _now = _now + Step < real.GetUtcNow() ? _now + Step : real.GetUtcNow();

    /// <summary>Twenty hours ago, at a full minute: topics that keep a day have it all.</summary>
    private static DateTimeOffset Start(DateTimeOffset now, DateTimeOffset earlier)
    {
        var ago = now.AddHours(-20);
        return new DateTimeOffset(ago.Ticks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero) is var start && start > earlier
            ? start
            : earlier;
    }
}

/// <summary>What four services log: now and then an error, and of one service at a time now and then a burst of them.</summary>
internal sealed class LogGenerator(int seed, EventClock clock, Func<string, ILogger> loggers)
{
    private static readonly string[] Done = ["request served", "order 4711 stored", "cache hit", "session opened", "index refreshed", "message queued"];
    private static readonly string[] Failed = ["timeout after 3000 ms", "connection reset by peer", "no space left on device"];
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, ILogger> _loggers = Pipeline.Services.ToDictionary(s => s, loggers);

    /// <summary>Logs a line.</summary>
    /// <returns>What must be counted for it.</returns>
    public LogLine Next()
    {
        clock.Advance();
        var now = clock.GetUtcNow();
        var service = Pipeline.Services[_random.Next(Pipeline.Services.Length)];
        var isError = _random.Next(200) == 0;

        // Every fifth minute, for five seconds, whatever the fifth one logs is an error.
        if (now.Minute % 5 == 2 && now.Second is >= 20 and < 25)
        {
            (service, isError) = (Pipeline.Services[now.Minute / 5 % Pipeline.Services.Length], true);
        }

        var (level, messages) = isError ? (LogLevel.Error, Failed) : (_random.Next(20) == 0 ? LogLevel.Warning : LogLevel.Information, Done);
        var message = messages[_random.Next(messages.Length)];
#pragma warning disable CA1848, CA2254 // It is the message that varies here.
        _loggers[service].Log(level, message);
#pragma warning restore CA1848, CA2254
        return new LogLine(service, level, "Worker", message);
    }
}
