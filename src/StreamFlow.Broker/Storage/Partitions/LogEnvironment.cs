using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace StreamFlow.Broker.Storage;

/// <summary>What a log takes from outside.</summary>
internal sealed record LogEnvironment
{
    public required TimeProvider Time { get; init; }

    public FileSystem Files { get; init; } = FileSystem.Disk;

    /// <summary>Runs fsyncs in the background; without one the thread that asks for durability runs them.</summary>
    public LogFlusher? Flusher { get; init; }

    /// <summary>Told about truncations, damage and what the disk refuses.</summary>
    public ILogger Log { get; init; } = NullLogger.Instance;

    /// <summary>Told how long it took to force a file to the disk; null when nobody wants to know.</summary>
    public Action<TimeSpan>? OnFlushed { get; init; }

    /// <summary>Verifies every checksum at open, also below the recovery point.</summary>
    public bool VerifyAll { get; init; }

    /// <summary>Forces a segment to the disk, and tells how long that took.</summary>
    public void Flush(Segment segment)
    {
        var began = Time.GetTimestamp();
        segment.Flush();
        OnFlushed?.Invoke(Time.GetElapsedTime(began));
    }

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
