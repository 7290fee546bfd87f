namespace StreamFlow.Broker;

/// <summary>
/// One reading of both clocks: deadlines count on the monotonic one, so that a stepped wall clock expires nobody;
/// what is stored and must make sense after a restart carries wall-clock time.
/// </summary>
/// <param name="MonotonicMs">Milliseconds since an arbitrary start; never goes back.</param>
/// <param name="UnixMs">Milliseconds since 1970-01-01 UTC.</param>
internal readonly record struct ClockReading(long MonotonicMs, long UnixMs);
