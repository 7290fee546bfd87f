namespace StreamFlow.Broker.Storage;

/// <summary>
/// How many producers all partitions of a broker remember, and how many they may. A partition that would have one too many
/// forgets those of its own that have been idle for longest, as it does with all after a time; at most as many as there are
/// partitions are remembered beyond it.
/// </summary>
/// <param name="limit">How many they may.</param>
internal sealed class ProducerQuota(int limit)
{
    private long _count;

    /// <summary>How many are remembered.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Counts what a partition remembers, after that has changed; under its lock.</summary>
    /// <param name="table">The producers of the partition.</param>
    /// <param name="counted">How many of them are counted.</param>
    public void Recount(ProducerStateTable table, ref int counted)
    {
        long all = Interlocked.Add(ref _count, table.Producers.Count - counted);
        counted = table.Producers.Count;
        if (all > limit && table.ForgetIdle(Math.Max(1, counted / 2)) > 0)
        {
            Interlocked.Add(ref _count, table.Producers.Count - counted);
            counted = table.Producers.Count;
        }
    }

    /// <summary>Counts a partition no more, which is closed.</summary>
    public void Leave(ref int counted)
    {
        Interlocked.Add(ref _count, -counted);
        counted = 0;
    }
}
