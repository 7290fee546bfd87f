using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>
/// The application's logger, which is the user's code: a provider that throws (its disk is full, its connection gone) must
/// neither end what was only to be logged nor leave it half done. StreamFlow.Kafka and StreamFlow.Hosting compile this file too.
/// </summary>
/// <param name="inner">The logger.</param>
/// <param name="failed">Called for each message that was lost; must not throw.</param>
internal sealed class GuardedLogger(ILogger inner, Action failed) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => Guard(static (logger, state) => logger.BeginScope(state), state);

    public bool IsEnabled(LogLevel logLevel) => Guard(static (logger, level) => logger.IsEnabled(level), logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
#pragma warning disable CA1031 // There is nowhere to say so but the counter.
        catch (Exception)
#pragma warning restore CA1031
        {
            failed();
        }
    }

    private TResult? Guard<TArgument, TResult>(Func<ILogger, TArgument, TResult> call, TArgument argument)
    {
        try
        {
            return call(inner, argument);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            failed();
            return default;
        }
    }
}
