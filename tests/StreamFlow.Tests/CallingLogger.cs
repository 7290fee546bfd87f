using Microsoft.Extensions.Logging;

namespace StreamFlow.Tests;

/// <summary>A logger that does something with each message, whoever logs it.</summary>
internal sealed class CallingLogger(Action<string> called) : ILogger, ILoggerFactory
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        called(formatter(state, exception));

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one place only.");

    public void Dispose()
    {
        // Holds nothing.
    }
}
