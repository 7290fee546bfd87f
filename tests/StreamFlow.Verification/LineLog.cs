using System.Globalization;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Verification;

/// <summary>Writes log messages of level Information and above as lines.</summary>
internal sealed class LineLog(TextWriter writer) : ILoggerFactory, ILogger
{
    private readonly Lock _gate = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("It writes lines only.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var now = DateTime.UtcNow.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        lock (_gate)
        {
            writer.WriteLine($"{now} {logLevel}: {formatter(state, exception)} {exception?.Message}");
            writer.Flush();
        }
    }

    public void Dispose() => writer.Flush();
}
