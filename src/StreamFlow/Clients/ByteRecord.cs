using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Clients;

/// <summary>
/// A record as bytes, on its way in or out. The spans point into memory that the batch or the caller owns and are valid
/// only as long as that is.
/// </summary>
[Experimental("SF0001")]
public readonly ref struct ByteRecord
{
    /// <summary>Key; empty when <see cref="HasKey"/> is false.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>Value; empty when <see cref="HasValue"/> is false.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>Whether there is a key; an empty key is one.</summary>
    public bool HasKey { get; init; }

    /// <summary>Whether there is a value; without one the record is a tombstone.</summary>
    public bool HasValue { get; init; }

    /// <summary>Timestamp in milliseconds since 1970-01-01T00:00Z.</summary>
    public long Timestamp { get; init; }

    /// <summary>Offset in the partition; not used for records to be produced.</summary>
    public long Offset { get; init; }
}
