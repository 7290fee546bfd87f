using StreamFlow.Records;

namespace StreamFlow.State;

/// <summary>
/// The input record that last wrote a cached entry: what leaves the cache at a commit is attributed to it, as if it were
/// processed at that moment.
/// </summary>
/// <param name="Topic">Its topic; empty when there is none.</param>
/// <param name="Partition">Its partition; -1 when there is none.</param>
/// <param name="Offset">Its offset; -1 when there is none.</param>
/// <param name="Raw">Its own bytes, kept only where a dead letter topic may want them.</param>
internal readonly record struct RecordOrigin(string Topic, int Partition, long Offset, RawRecord? Raw)
{
    public static readonly RecordOrigin None = new(string.Empty, -1, -1, null);
}

/// <summary>A copy of an input record's bytes; shared by all entries that the record wrote.</summary>
/// <param name="Key">The key, or <see langword="null"/>.</param>
/// <param name="Value">The value, or <see langword="null"/>.</param>
/// <param name="Timestamp">Milliseconds since 1970-01-01T00:00Z, as it lies on the broker.</param>
/// <param name="Headers">Its headers, or <see langword="null"/>.</param>
internal sealed record RawRecord(byte[]? Key, byte[]? Value, long Timestamp, Headers? Headers)
{
    /// <summary>
    /// The operator in which it has waited, if it is no input record but a result that another record has brought forth; else null.
    /// </summary>
    public string? WaitedAt { get; init; }
}

/// <summary>What a cache asks for the origin of a write, and tells whose entry it hands on.</summary>
internal abstract class OriginTracker
{
    /// <summary>The input record at hand, or that of the entry being flushed.</summary>
    public abstract RecordOrigin Current { get; }

    /// <summary>An entry of this origin is about to be serialized and handed on; <see cref="RecordOrigin.None"/> at the end.</summary>
    public abstract void Enter(in RecordOrigin origin);
}
