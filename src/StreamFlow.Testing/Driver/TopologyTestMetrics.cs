namespace StreamFlow.Testing;

/// <summary>What the tasks of a driver have counted.</summary>
/// <param name="ProcessedRecords">Input records processed, those of repartition topics included.</param>
/// <param name="DroppedRecords">Records left out, by reason; a reason that did not occur has no entry.</param>
public sealed record TopologyTestMetrics(
    long ProcessedRecords, IReadOnlyDictionary<DropReason, long> DroppedRecords)
{
    /// <summary>
    /// Records left out, by operator and reason, in ordinal order of the operators; what did not occur has no entry.
    /// </summary>
    public IReadOnlyList<DroppedRecords> Drops { get; init; } = [];
}

/// <summary>Records that one operator left out for one reason.</summary>
/// <param name="Operator">Name of the operator, as <see cref="Topology.Describe"/> prints it, or of the store.</param>
/// <param name="Reason">Why.</param>
/// <param name="Count">How many.</param>
public sealed record DroppedRecords(string Operator, DropReason Reason, long Count);
