using Microsoft.Extensions.Logging;

namespace StreamFlow.Kafka;

/// <summary>
/// What the clients of one application write, each by itself, over and over: told once. What is about connections goes to
/// <see cref="ConnectionWatch"/>, which makes one line of it; of the rest the first line of a kind is kept whole, and the others
/// are counted, and told when the last client is closed. What somebody has asked for with librdkafka's setting <c>debug</c> is not touched.
/// </summary>
internal sealed class ClientLines(TimeProvider time, ConnectionWatch connection, ILogger logger)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>librdkafka's marks of lines about connections.</summary>
    private static readonly HashSet<string> Connections = new(StringComparer.Ordinal) { "FAIL", "REQTMOUT", "BROKERFAIL" };

    private static readonly string[] ConnectionErrors =
    [
        "brokers are down", "Connect to ", "Disconnected", "Failed to resolve", "timed out", "Receive failed", "Send failed",
        "handshake", "authentication",
    ];

    private readonly LineLimit _limit = new(time, Interval);
    private readonly Lock _gate = new();

    public ConnectionWatch Connection => connection;

    /// <summary>A client was made.</summary>
    public void Opened() => connection.Opened();

    /// <summary>A client was disposed of; with the last one goes what was only counted.</summary>
    public void Closed()
    {
        if (!connection.Closed())
        {
            return;
        }

        List<(string Line, int LeftOut)> rest;
        lock (_gate)
        {
            rest = _limit.TakeRest();
        }

        rest.ForEach(r => Log.LinesLeftOut(logger, r.LeftOut, r.Line));
    }

    /// <summary>A client has a line to tell.</summary>
    public void Take(ILogger client, LogLevel level, string clientId, string facility, string text)
    {
        var isAboutConnection = IsAboutConnection(facility, text);
        if (level > LogLevel.Debug && isAboutConnection)
        {
            connection.Trouble(level, clientId, text);
        }

        if (IsAboutFatalError(facility, text))
        {
            // Every call of that client fails by it from then on, which its owner tells, or mends by another client.
            level = LogLevel.Debug;
        }

        if (!client.IsEnabled(level))
        {
            return;
        }

        if (level <= LogLevel.Debug)
        {
            Log.Library(client, level, clientId, facility, text);
        }
        else if (!isAboutConnection)
        {
            Limited(client, level, clientId, facility, text);
        }
    }

    /// <summary>librdkafka reports what failed once more as the client's error, and that all brokers are down only there.</summary>
    private static bool IsAboutConnection(string facility, string text) =>
        Connections.Contains(facility)
        || (facility is "ERROR" && Array.Exists(ConnectionErrors, e => text.Contains(e, StringComparison.OrdinalIgnoreCase)));

    private static bool IsAboutFatalError(string facility, string text) =>
        facility is "TXNERR" or "FATAL" || (facility is "ERROR" && text.Contains("Fatal error", StringComparison.OrdinalIgnoreCase));

    private void Limited(ILogger client, LogLevel level, string clientId, string facility, string text)
    {
        int leftOut;
        lock (_gate)
        {
            if (!_limit.Lets($"{level} {facility} {text}", out leftOut))
            {
                return;
            }
        }

        if (leftOut == 0)
        {
            Log.Library(client, level, clientId, facility, text);
        }
        else
        {
            Log.LibraryAgain(client, level, clientId, facility, text, leftOut, Interval);
        }
    }
}
