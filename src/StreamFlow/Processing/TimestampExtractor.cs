namespace StreamFlow;

/// <summary>
/// Takes the event time of a record out of its content. One that throws fails the record: the processing error handler decides.
/// </summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
/// <param name="record">The record; its timestamp is the one it has on the broker.</param>
/// <param name="context">Other clocks to fall back on.</param>
/// <returns>
/// Event time in milliseconds since 1970-01-01T00:00Z; a negative one is dealt with by <see cref="InvalidTimestampPolicy"/>.
/// </returns>
public delegate long TimestampExtractor<TKey, TValue>(Record<TKey, TValue> record, TimestampContext context);

/// <summary>Clocks that a <see cref="TimestampExtractor{TKey,TValue}"/> may look at, in milliseconds since 1970.</summary>
/// <param name="PartitionTime">Largest event time taken from the record's partition so far; -1 before the first.</param>
/// <param name="WallClockTime">The time of day.</param>
public readonly record struct TimestampContext(long PartitionTime, long WallClockTime);

/// <summary>What to do about a record whose event time is negative.</summary>
public enum InvalidTimestampPolicy
{
    /// <summary>Stop the stream thread with an error (Kafka's <c>FailOnInvalidTimestamp</c>).</summary>
    Fail,

    /// <summary>Log and count the record and leave it out (<c>LogAndSkipOnInvalidTimestamp</c>).</summary>
    Skip,

    /// <summary>
    /// Take the largest event time of its partition so far (<c>UsePartitionTimeOnInvalidTimestamp</c>); fail when there
    /// is none yet.
    /// </summary>
    UsePartitionTime,
}

/// <summary>Ready-made timestamp extractors.</summary>
public static class TimestampExtractors
{
    /// <summary>The time of day at which the record is read (<c>WallclockTimestampExtractor</c>).</summary>
    /// <typeparam name="TKey">Type of the key.</typeparam>
    /// <typeparam name="TValue">Type of the value.</typeparam>
    /// <returns>The extractor.</returns>
    public static TimestampExtractor<TKey, TValue> WallClock<TKey, TValue>() => (_, context) => context.WallClockTime;
}
