using System.Globalization;

namespace StreamFlow;

/// <summary>A stretch of event time.</summary>
/// <param name="Start">First millisecond, since 1970-01-01T00:00Z.</param>
/// <param name="End">End in milliseconds; exclusive for tumbling and hopping windows.</param>
public readonly record struct Window(long Start, long End)
{
    /// <summary>Start as a point in time, UTC; <see cref="DateTimeOffset.MaxValue"/> where it is after the year 9999.</summary>
    public DateTimeOffset StartTime => EventTime.Moment(Start);

    /// <summary>End as a point in time, UTC; <see cref="DateTimeOffset.MaxValue"/> where it is after the year 9999.</summary>
    public DateTimeOffset EndTime => EventTime.Moment(End);

    /// <summary>A window of a length; an end beyond the last representable moment stays at it, as in Kafka.</summary>
    internal static Window OfLength(long start, long length) => new(start, EventTime.Add(start, length));
}

/// <summary>A key within a window: the key of a windowed table.</summary>
/// <typeparam name="TKey">Type of the record key.</typeparam>
/// <param name="Key">The record key.</param>
/// <param name="Window">The window.</param>
public readonly record struct Windowed<TKey>(TKey Key, Window Window)
{
    /// <summary>Key and window as Kafka Streams prints them, <c>[key@start/end]</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"[{Key}@{Window.Start}/{Window.End}]");
}
