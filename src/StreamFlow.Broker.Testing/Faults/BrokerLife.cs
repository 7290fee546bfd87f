namespace StreamFlow.Broker.Testing;

/// <summary>A broker from its start to its end.</summary>
/// <param name="disk">What it writes to.</param>
/// <param name="time">Its clock.</param>
/// <param name="remains">The folder for what a crash leaves.</param>
/// <param name="died">Told once that it has died, and what kept that from being whole; null if nothing did.</param>
internal sealed class BrokerLife(TestDisk disk, TimeProvider time, string remains, Action<BrokerLife, Exception?> died)
{
    private int _over;

    public TestDisk Disk => disk;

    public TimeProvider Time => time;

    /// <summary>Null while it starts.</summary>
    public EmbeddedBroker? Broker { get; set; }

    /// <summary>It has died: what it goes on doing until it notices happens on no disk, and nobody is told of it.</summary>
    public bool IsOver => Volatile.Read(ref _over) != 0;

    /// <summary>Ends it as a crash does, here and now. Further calls do nothing.</summary>
    public void Die(CrashKind kind)
    {
        // First nobody hears anything more, then it is seen what is left: whatever was acknowledged was done before.
        if (Interlocked.Exchange(ref _over, 1) != 0)
        {
            return;
        }

        try
        {
            disk.Leave(kind, remains);
            died(this, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            died(this, exception);
        }
    }
}
