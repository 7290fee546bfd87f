namespace StreamFlow.Tracing;

/// <summary>
/// Which records without a trace begin one: a share of them, chosen by where they are. So it is the same records when they are
/// processed again after an abort or by another instance, and no two that lie side by side for more than by chance.
/// </summary>
internal static class RecordSampling
{
    private const double Values = 1UL << 53;

    /// <param name="share">How many of all records, 0 to 1.</param>
    /// <param name="partition">The number of the record's partition.</param>
    /// <param name="offset">Its offset.</param>
    /// <returns>Whether it is one of them.</returns>
    public static bool Chooses(double share, int partition, long offset) =>
        share > 0 && (Scatter((ulong)offset + Scatter((ulong)partition)) >> 11) / Values < share;

    /// <summary>The finalizer of SplitMix64: each bit of the result depends on each of the number.</summary>
    private static ulong Scatter(ulong number)
    {
        number += 0x9E3779B97F4A7C15;
        number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9;
        number = (number ^ (number >> 27)) * 0x94D049BB133111EB;
        return number ^ (number >> 31);
    }
}
