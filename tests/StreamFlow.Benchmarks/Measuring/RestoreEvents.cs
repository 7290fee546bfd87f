using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Benchmarks.Measuring;

/// <summary>Takes from the engine's log when restoring began and ended and how much was restored; shows warnings.</summary>
internal sealed class RestoreEvents : ILoggerFactory, ILogger
{
    private readonly Lock _gate = new();

    /// <summary>When the first store began, as a timestamp of the stopwatch; 0 before.</summary>
    public long First { get; private set; }

    /// <summary>When the last store so far was complete.</summary>
    public long Last { get; private set; }

    /// <summary>Processor time of this process at both moments.</summary>
    public double FirstCpu { get; private set; }

    public double LastCpu { get; private set; }

    public long Records { get; private set; }

    public double Seconds => Last == 0 ? 0 : Stopwatch.GetElapsedTime(First, Last).TotalSeconds;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
        // It is its own and only one.
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Warning)
        {
            Console.Error.WriteLine($"{formatter(state, exception)} {exception?.Message}");
        }

        lock (_gate)
        {
            switch (eventId.Name)
            {
                case "RestoreStarted" when First == 0:
                    First = Stopwatch.GetTimestamp();
                    FirstCpu = ProcessReading.OwnCpu();
                    break;
                case "RestoreCompleted":
                    Last = Stopwatch.GetTimestamp();
                    LastCpu = ProcessReading.OwnCpu();
                    Records += RecordsOf(state);
                    break;
            }
        }
    }

    public void Dispose()
    {
        // Nothing is held.
    }

    private static long RecordsOf<TState>(TState state) =>
        state is IReadOnlyList<KeyValuePair<string, object?>> fields
            ? Convert.ToInt64(fields.First(f => f.Key == "Records").Value, CultureInfo.InvariantCulture)
            : 0;
}
