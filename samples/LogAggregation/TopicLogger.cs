using Microsoft.Extensions.Logging;

namespace StreamFlow.Samples.LogAggregation;

/// <summary>A line of a log, as it is in the service's topic.</summary>
internal sealed record LogLine(string Service, LogLevel Level, string Category, string Message);

/// <summary>Writes the log of a service to its topic: all that it takes for <see cref="ILogger"/> to log to Kafka.</summary>
/// <param name="service">Name of the service.</param>
/// <param name="sender">The producer.</param>
/// <param name="time">The time of the lines.</param>
internal sealed class TopicLoggerProvider(string service, RecordSender sender, TimeProvider time) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new TopicLogger(service, categoryName, sender, time);

    public void Dispose()
    {
        // The sender is the caller's.
    }

    private sealed class TopicLogger(string service, string category, RecordSender sender, TimeProvider time) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            sender.Send(Pipeline.TopicOf(service), service, new LogLine(service, logLevel, category, formatter(state, exception)), time.GetUtcNow());
    }
}
