using System.Globalization;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>
/// The application's logger, which is the user's code: a provider that throws (its disk is full, its connection gone) must
/// neither end what was only to be logged nor leave it half done. StreamFlow.Kafka and StreamFlow.Hosting compile this file too.
/// Behind a warning or an error it writes its id, SF and the number of the event behind that of the project, by which
/// docs/reference/errors.md tells cause and remedy.
/// </summary>
/// <param name="inner">The logger.</param>
/// <param name="project">Number of the project's messages: its event 106 is SF1106 in project 1.</param>
/// <param name="failed">Called for each message that was lost; must not throw.</param>
internal sealed class GuardedLogger(ILogger inner, int project, Action failed) : ILogger
{
    private const int ProjectSize = 1000;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => Guard(static (logger, state) => logger.BeginScope(state), state);

    public bool IsEnabled(LogLevel logLevel) => Guard(static (logger, level) => logger.IsEnabled(level), logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(
                logLevel, eventId, state, exception, logLevel >= LogLevel.Warning ? WithId(formatter, eventId.Id) : formatter);
        }
#pragma warning disable CA1031 // There is nowhere to say so but the counter.
        catch (Exception)
#pragma warning restore CA1031
        {
            failed();
        }
    }

    /// <summary>By itself, so that only messages that get an id pay for it.</summary>
    private Func<TState, Exception?, string> WithId<TState>(Func<TState, Exception?, string> formatter, int id) =>
        (state, exception) => string.Create(
            CultureInfo.InvariantCulture, $"{formatter(state, exception)} [SF{(project * ProjectSize) + id:D4}]");

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
