using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker;

/// <summary>Runs the steps of timers and loops, which an error that nobody foresaw must not end.</summary>
internal static partial class Guarded
{
    /// <summary>Runs a step; what it throws is logged. An exception on a timer's thread would end the process.</summary>
    /// <param name="log">Is told.</param>
    /// <param name="what">Whose step it is, for the message.</param>
    /// <param name="step">The step.</param>
    public static void Run(ILogger log, string what, Action step)
    {
        try
        {
            step();
        }
#pragma warning disable CA1031 // See above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failed(log, exception, what);
        }
    }

    [LoggerMessage(4, LogLevel.Error, "An internal error in {What}; it goes on")]
    private static partial void Failed(ILogger logger, Exception exception, string what);
}
