using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Host;

/// <summary>A line per message on the standard error, from Information on.</summary>
internal sealed class StandardErrorLogger : ILogger, ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("The program writes the broker's messages to one place only.");

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
        // Holds nothing.
    }
}
