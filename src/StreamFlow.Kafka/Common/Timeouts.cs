namespace StreamFlow.Kafka;

/// <summary>Waiting times as librdkafka takes them.</summary>
internal static class Timeouts
{
    /// <summary>Whole milliseconds, rounded up, so that a short wait does not become none; none when it is over.</summary>
    internal static int Milliseconds(TimeSpan timeout) =>
        timeout <= TimeSpan.Zero ? 0 : (int)Math.Min(int.MaxValue, Math.Ceiling(timeout.TotalMilliseconds));
}
