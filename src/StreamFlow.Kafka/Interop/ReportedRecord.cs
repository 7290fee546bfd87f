namespace StreamFlow.Kafka.Interop;

/// <summary>A copy of a record as its delivery report shows it, whole: it can be sent again.</summary>
/// <param name="Topic">The topic's handle.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Number">What the record was handed over with.</param>
/// <param name="Key">Its key, or <see langword="null"/>.</param>
/// <param name="Value">Its value, or <see langword="null"/>.</param>
/// <param name="Headers">Its headers, or <see langword="null"/>.</param>
/// <param name="Timestamp">Its timestamp in milliseconds since 1970-01-01T00:00Z.</param>
internal sealed record ReportedRecord(
    nint Topic, int Partition, long Number, byte[]? Key, byte[]? Value, Headers? Headers, long Timestamp)
{
    internal long Size => RecordSize.Of((nuint)(Key?.Length ?? 0), (nuint)(Value?.Length ?? 0));
}

/// <summary>
/// What records are taken to be worth in a batch. Headers are left out: a limit that is learned in this measure holds for
/// records of that kind all the same.
/// </summary>
internal static class RecordSize
{
    private const int Overhead = 32;

    internal static long Of(nuint key, nuint value) => (long)(key + value) + Overhead;
}
