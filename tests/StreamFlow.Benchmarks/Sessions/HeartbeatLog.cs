using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Benchmarks.Sessions;

/// <summary>When librdkafka has sent a heartbeat, by what it logs about the group.</summary>
internal sealed class HeartbeatLog : ILoggerFactory, ILogger
{
    private readonly Lock _gate = new();
    private readonly List<double> _gaps = [];
    private long _last;
    private int _lost;

    /// <summary>Seconds between one heartbeat and the next.</summary>
    public List<double> Gaps
    {
        get
        {
            lock (_gate)
            {
                return [.. _gaps];
            }
        }
    }

    /// <summary>How often the group has let the member go.</summary>
    public int Lost => Volatile.Read(ref _lost);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one log.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = formatter(state, exception);
        if (line.Contains("librdkafka HEARTBEAT: ", StringComparison.Ordinal) && line.Contains("Heartbeat for group", StringComparison.Ordinal))
        {
            lock (_gate)
            {
                var now = Stopwatch.GetTimestamp();
                if (_last != 0)
                {
                    _gaps.Add(Stopwatch.GetElapsedTime(_last, now).TotalSeconds);
                }

                _last = now;
            }
        }
        else if (line.Contains("has let this member go", StringComparison.Ordinal) || line.Contains("SESSTMOUT", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
