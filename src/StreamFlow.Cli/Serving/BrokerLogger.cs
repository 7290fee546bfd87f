using Microsoft.Extensions.Logging;

namespace StreamFlow.Cli.Serving;

/// <summary>The broker's messages as lines of the program, from Information on.</summary>
/// <param name="say">Takes a line.</param>
internal sealed class BrokerLogger(Action<string> say) : ILogger, ILoggerFactory
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
            say(exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception}");
        }
    }

    public void Dispose()
    {
        // Holds nothing.
    }
}
