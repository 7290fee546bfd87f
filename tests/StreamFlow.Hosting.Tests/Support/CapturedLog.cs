using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Hosting.Tests.Support;

/// <summary>Keeps what is logged, as "Level message".</summary>
internal sealed class CapturedLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<Exception> _exceptions = new();

    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>What was logged with its stack trace.</summary>
    public IReadOnlyCollection<Exception> Exceptions => _exceptions;

    /// <summary>Called with each line before it is kept; what it throws, the logger throws.</summary>
    public Action<string> Logged { get; set; } = static _ => { };

    public ILogger CreateLogger(string categoryName) => this;

    /// <summary>Takes what the embedded broker says.</summary>
    public void Broker(string line) => _lines.Enqueue("Broker " + line);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        var line = $"{logLevel} {formatter(state, exception)}";
        Logged(line);
        _lines.Enqueue(line);
        if (exception is not null)
        {
            _exceptions.Enqueue(exception);
        }
    }

    public void Dispose()
    {
    }
}
