using System.Collections;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>Keeps what is logged from a level on, in its order.</summary>
internal sealed class LogLines(LogLevel from = LogLevel.Warning) : ILogger, IReadOnlyCollection<string>
{
    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>Called with each line before it is kept; what it throws, the log throws.</summary>
    public Action<string>? Logged { get; set; }

    public int Count => _lines.Count;

    /// <summary>Has this for every category.</summary>
    public ILoggerFactory Factory => new OneLogger(this);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= from;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            string line = exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception}";
            Logged?.Invoke(line);
            _lines.Enqueue(line);
        }
    }

    public void Clear() => _lines.Clear();

    public IEnumerator<string> GetEnumerator() => _lines.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed class OneLogger(ILogger logger) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => logger;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one place only.");

        public void Dispose()
        {
            // Holds nothing.
        }
    }
}
