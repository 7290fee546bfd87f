using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Runtime;

namespace StreamFlow.Broker;

/// <summary>
/// The one way of a broker's messages to the host's log. The log is the host's code: what it throws ends nothing here.
/// Control characters are written as escapes, since names come from clients, and nobody may write a line of the log by
/// the name of a topic. A message that comes again and again is counted after the first hundred of a minute, those that
/// clients cause after the first (<see cref="Repeated"/>).
/// </summary>
internal sealed class BrokerLog : ILogger
{
    /// <summary>The category of the broker's messages.</summary>
    public const string Category = "StreamFlow.Broker";

    /// <summary>Messages of one kind that are written in a minute before they are only counted.</summary>
    public const int Burst = 100;

    private readonly GuardedLogger _guarded;
    private readonly RepeatedLog _limited;
    private int _failures;
    private volatile int _minimum = -1;

    /// <param name="sink">The host's log; null for none.</param>
    /// <param name="time">The clock that messages are counted by.</param>
    public BrokerLog(ILogger? sink, TimeProvider time)
    {
        _guarded = new GuardedLogger(sink ?? NullLogger.Instance, project: 6, () => Interlocked.Increment(ref _failures));
        _limited = new RepeatedLog(new EscapingLogger(_guarded), time, Burst);
        Repeated = new RepeatedLog(this, time);
    }

    /// <summary>How often the host's log threw; there is nowhere else to say so.</summary>
    public int Failures => Volatile.Read(ref _failures);

    /// <summary>For messages that any client can cause as often as it likes.</summary>
    public RepeatedLog Repeated { get; }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _guarded.BeginScope(state);

    /// <summary>The level from which on anything is written; null leaves it to the host's filter, which counts in any case.</summary>
    public LogLevel? MinimumLevel
    {
        get => _minimum < 0 ? null : (LogLevel)_minimum;
        set => _minimum = value is { } level ? (int)level : -1;
    }

    public bool IsEnabled(LogLevel logLevel) => (int)logLevel >= _minimum && _guarded.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _limited.Write(
                eventId.Id.ToString(CultureInfo.InvariantCulture),
                log => log.Log(logLevel, eventId, state, exception, formatter));
        }
    }

    /// <summary>Writes what was only counted, if its time has come. To be called now and then.</summary>
    /// <param name="all">Also what has not waited long enough: it is the end.</param>
    public void WriteHeld(bool all = false)
    {
        Repeated.WriteHeld(all);
        _limited.WriteHeld(all);
    }
}
