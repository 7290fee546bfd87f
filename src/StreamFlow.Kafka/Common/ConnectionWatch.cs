using Microsoft.Extensions.Logging;
using StreamFlow.Clients;

namespace StreamFlow.Kafka;

/// <summary>
/// Whether the brokers answer, as all clients of an application see it. A client that reports trouble is not believed at once:
/// one connection of several may be gone, or have been closed because nobody used it. A probe asks. If no broker answers it, that
/// is told in one line, with the client's first line whole; and again in one when a broker answers.
/// </summary>
/// <param name="servers">The addresses that were given.</param>
/// <param name="logger">Where it is told.</param>
/// <param name="time">The clock.</param>
/// <param name="openProbe">Makes a client of its own that asks.</param>
internal sealed class ConnectionWatch(string servers, ILogger logger, TimeProvider time, Func<IBrokerProbe> openProbe)
{
    /// <summary>How long a broker may take to answer before it is said to be gone.</summary>
    public static readonly TimeSpan FirstLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly LineLimit _blips = new(time, ClientLines.Interval);
    private int _clients;
    private int _lines;
    private bool _isAsking;
    private volatile BrokerOutage? _outage;

    /// <summary>That no broker answers; null while one does, or nobody has had reason to ask.</summary>
    public BrokerOutage? Outage => _outage;

    /// <summary>A client was made. While there is none nothing is asked.</summary>
    public void Opened() => Interlocked.Increment(ref _clients);

    /// <summary>A client was disposed of.</summary>
    /// <returns>Whether it was the last one.</returns>
    public bool Closed()
    {
        if (Interlocked.Decrement(ref _clients) > 0)
        {
            return false;
        }

        List<(string Line, int LeftOut)> rest;
        lock (_gate)
        {
            rest = _blips.TakeRest();
        }

        rest.ForEach(r => Log.LinesLeftOut(logger, r.LeftOut, r.Line));
        return true;
    }

    /// <summary>A client has lost a connection, cannot make one, or waits for an answer. May be called on any thread.</summary>
    public void Trouble(LogLevel level, string clientId, string text)
    {
        lock (_gate)
        {
            _lines++;
            if (_isAsking || Volatile.Read(ref _clients) == 0)
            {
                return;
            }

            (_isAsking, _lines) = (true, 1);
        }

        _ = AskAsync(level, clientId, text, time.GetUtcNow());
    }

    private async Task AskAsync(LogLevel level, string clientId, string text, DateTimeOffset since)
    {
        // The caller is a thread of librdkafka's.
        await Task.Yield();
        try
        {
            using var probe = openProbe();
            if (probe.Answers(FirstLimit))
            {
                Blip(level, clientId, text);
                await Task.Delay(Pause, time).ConfigureAwait(false);
            }
            else if (Volatile.Read(ref _clients) > 0)
            {
                _outage = new BrokerOutage(since, servers, text);
                Log.BrokersLost(logger, clientId, servers, text);
                await UntilAnsweredAsync(probe, since).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is ArgumentException or KafkaClientException or OutOfMemoryException)
        {
            Log.ProbeFailed(logger, exception, servers, clientId, text);
        }
        finally
        {
            _outage = null;
            lock (_gate)
            {
                _isAsking = false;
            }
        }
    }

    private async Task UntilAnsweredAsync(IBrokerProbe probe, DateTimeOffset since)
    {
        while (Volatile.Read(ref _clients) > 0)
        {
            if (probe.Answers(Limit))
            {
                Log.BrokersAnswer(logger, servers, time.GetUtcNow() - since, Volatile.Read(ref _lines));
                return;
            }

            await Task.Delay(Pause, time).ConfigureAwait(false);
        }
    }

    /// <summary>Other brokers answer, or this one does again: no error, however much it is one to the client.</summary>
    private void Blip(LogLevel level, string clientId, string text)
    {
        bool isTold;
        int leftOut;
        lock (_gate)
        {
            isTold = _blips.Lets(text, out leftOut);
        }

        if (isTold)
        {
            Log.ConnectionLost(logger, level > LogLevel.Warning ? LogLevel.Warning : level, clientId, text, leftOut);
        }
    }
}

/// <summary>A client that does nothing but ask whether a broker is there.</summary>
internal interface IBrokerProbe : IDisposable
{
    /// <summary>Waits for an answer.</summary>
    bool Answers(TimeSpan limit);
}
