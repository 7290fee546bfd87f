namespace StreamFlow.Tests;

/// <summary>
/// What a piece of work allocates once all is warm. Code that is not compiled a second time yet boxes where it will not later
/// (generic comparisons with null, 24 bytes each), and a busy machine compiles it late: so the work is done in rounds until one of
/// them allocates nothing. What allocates in each round never passes.
/// </summary>
internal static class SteadyAllocation
{
    private const int MostRounds = 20;

    /// <summary>Does rounds of work on this thread, two at least.</summary>
    /// <param name="round">A round; it does the same each time, and enough of it for an allocation to show.</param>
    /// <param name="prepare">What is done before each round, and not measured; null for nothing.</param>
    /// <returns>The bytes that the best of them has allocated, and how many were done.</returns>
    public static (long Bytes, int Rounds) Measure(Action round, Action? prepare = null)
    {
        var (least, done) = (long.MaxValue, 0);
        using var compiles = new ManualResetEventSlim();
        while (done < 2 || (least > 0 && done < MostRounds))
        {
            prepare?.Invoke();
            var before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            done++;
            if (least > 0)
            {
                // The second compilation begins a tenth of a second after the last first one.
                compiles.Wait(TimeSpan.FromMilliseconds(50));
            }
        }

        return (least, done);
    }
}
