using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace StreamFlow.Broker.Storage;

/// <summary>What a log takes from outside.</summary>
internal sealed record LogEnvironment
{
    public required TimeProvider Time { get; init; }

    public FileSystem Files { get; init; } = FileSystem.Disk;

    /// <summary>The indexes of closed segments that are in memory, of all logs that share it.</summary>
    public IndexCache Indexes { get; init; } = new(IndexCache.DefaultBytes);

    /// <summary>Runs fsyncs in the background; without one the thread that asks for durability runs them.</summary>
    public LogFlusher? Flusher { get; init; }

    /// <summary>Told about truncations, damage and what the disk refuses.</summary>
    public ILogger Log { get; init; } = NullLogger.Instance;

    /// <summary>Told of a log that refuses writes from here on, on the thread that found out.</summary>
    public Action<PartitionLog>? OnTrouble { get; init; }

    /// <summary>
    /// Counts the age of records by which retention deletes from when the broker got them, not from their timestamps.
    /// </summary>
    public bool RetainsByArrival { get; init; }

    /// <summary>Told how long it took to force a file to the disk; null when nobody wants to know.</summary>
    public Action<TimeSpan>? OnFlushed { get; init; }

    /// <summary>
    /// The last run may not have stopped in order, so that the end of the log may be lost without a trace in it: the
    /// leader epoch rises in any case.
    /// </summary>
    public bool AfterUncleanStop { get; init; }

    /// <summary>The log was created before: without any file it is not a new one, but lost.</summary>
    public bool WasCreated { get; init; }

    /// <summary>Verifies every checksum at open, also below the recovery point.</summary>
    public bool VerifyAll { get; init; }

    /// <summary>How many producers all partitions remember.</summary>
    public ProducerQuota Producers { get; init; } = new(int.MaxValue);

    /// <summary>How long a producer that writes nothing is remembered, in milliseconds.</summary>
    public Func<long> ProducerIdExpirationMs { get; init; } = static () => 24L * 60 * 60 * 1000;

    /// <summary>Forces a segment to the disk, and tells how long that took.</summary>
    public void Flush(Segment segment)
    {
        var began = Time.GetTimestamp();
        segment.Flush();
        OnFlushed?.Invoke(Time.GetElapsedTime(began));
    }

    /// <summary>Writes a file beside a log, which only spares work: one that cannot be written is told of, and written later.</summary>
    public bool TryWriteBeside(string directory, Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StorageLog.HousekeepingFailed(Log, directory, e.Message);
            return false;
        }
    }

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
