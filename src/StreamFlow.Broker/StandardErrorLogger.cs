using Microsoft.Extensions.Logging;

// Console is banned in libraries; this is the executable's log.
#pragma warning disable RS0030

namespace StreamFlow.Broker;

/// <summary>The executable's log: a line per message on the standard error, from Information on.</summary>
internal sealed class StandardErrorLogger : ILogger, ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("The executable logs to the standard error only.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Console.Error.WriteLine(exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception}");
        }
    }

    public void Dispose()
    {
        // The standard error is the process's.
    }
}
