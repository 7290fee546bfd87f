using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Dashboard.Tests.Support;

/// <summary>What the page has logged.</summary>
internal sealed class ActionLog : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => categoryName == "StreamFlow.Dashboard" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{logLevel} {formatter(state, exception)}");

    public void Dispose()
    {
    }
}
