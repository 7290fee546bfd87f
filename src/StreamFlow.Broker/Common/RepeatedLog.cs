using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker;

/// <summary>
/// Messages that come again and again: the first of a kind are written at once, and then one per minute that counts what
/// came since.
/// </summary>
/// <param name="log">Where they are written.</param>
/// <param name="time">The clock.</param>
/// <param name="burst">How many of a kind are written in a minute before they are counted.</param>
internal sealed class RepeatedLog(ILogger log, TimeProvider time, int burst = 1)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly OrderedLock _gate = new(LockRank.Innermost);
    private readonly Dictionary<string, Entry> _kinds = [];

    /// <param name="kind">What is the same about such messages; one of few.</param>
    /// <param name="write">Writes the message, now or as the last one of those that were counted.</param>
    public void Write(string kind, Action<ILogger> write)
    {
        using (_gate.Enter())
        {
            if (!_kinds.TryGetValue(kind, out Entry? entry)
                || (entry.Held == 0 && time.GetElapsedTime(entry.Began) >= Interval))
            {
                _kinds[kind] = entry = new Entry { Began = time.GetTimestamp() };
            }

            if (entry.Written >= burst)
            {
                entry.Held++;
                entry.Last = write;
                return;
            }

            entry.Written++;
        }

        write(log);
    }

    /// <summary>Writes what was held back, if its time has come. To be called now and then.</summary>
    /// <param name="all">Also what has not waited long enough: it is the end.</param>
    public void WriteHeld(bool all = false)
    {
        List<(Action<ILogger> Write, int Count)> due = [];
        using (_gate.Enter())
        {
            foreach (Entry entry in _kinds.Values)
            {
                if (entry.Held > 0 && (all || time.GetElapsedTime(entry.Began) >= Interval))
                {
                    due.Add((entry.Last!, entry.Held));
                    entry.Held = 0;
                    entry.Last = null;
                    entry.Began = time.GetTimestamp();
                }
            }
        }

        foreach ((Action<ILogger> write, int count) in due)
        {
            write(count == 1 ? log : new CountedLogger(log, count));
        }
    }

    private sealed class Entry
    {
        public required long Began { get; set; }

        public int Written { get; set; }

        public int Held { get; set; }

        public Action<ILogger>? Last { get; set; }
    }

    /// <summary>Says behind a message for how many it stands.</summary>
    private sealed class CountedLogger(ILogger inner, int count) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            inner.Log(
                logLevel, eventId, state, exception,
                (values, thrown) => $"{formatter(values, thrown)} ({count} such messages since the last one)");
    }
}
