using System.Globalization;
using Microsoft.Extensions.Logging;
using StreamFlow.Cli.Options;

namespace StreamFlow.Cli.Serving;

/// <summary>The broker's messages as lines on the standard error: time, level, message.</summary>
internal sealed class BrokerLogger(CommandContext context, LogLevel least) : ILogger, ILoggerFactory
{
    private readonly Lock _writing = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The messages of the broker go to one place.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            string time = context.Time.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            string cause = exception is null ? "" : $": {exception}";
            lock (_writing)
            {
                context.Say($"{time} {logLevel.ToString().ToLowerInvariant()} {formatter(state, exception)}{cause}");
            }
        }
    }

    public void Dispose()
    {
        // Holds nothing.
    }
}
