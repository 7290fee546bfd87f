namespace StreamFlow.Broker.Server;

/// <summary>Bytes of a <see cref="ByteBudget"/> that somebody holds, until this is disposed of.</summary>
/// <param name="budget">Whose they are.</param>
/// <param name="bytes">How many were taken.</param>
internal sealed class ByteLease(ByteBudget budget, long bytes) : IDisposable
{
    private long _bytes = bytes;

    /// <summary>Holds another number of bytes from now on: what is less is given back, what is more is there already.</summary>
    public void Resize(long bytes)
    {
        long change = bytes - Interlocked.Exchange(ref _bytes, bytes);
        if (change > 0)
        {
            budget.Add(change);
        }
        else if (change < 0)
        {
            budget.Release(-change);
        }
    }

    public void Dispose() => Resize(0);
}
