namespace StreamFlow.Runtime;

/// <summary>What others ask of a stream thread. It looks after every record, so that neither waits for the end of a turn.</summary>
internal sealed class ThreadSignals
{
    private volatile bool _stops;
    private volatile bool _rejoins;

    /// <summary>Whether the thread is to end.</summary>
    public bool Stops => _stops;

    /// <summary>Whether it is to leave its group and to join it anew.</summary>
    public bool Rejoins => _rejoins;

    /// <summary>Whether it is to process nothing more for now.</summary>
    public bool Any => _stops || _rejoins;

    public void Stop() => _stops = true;

    public void Rejoin() => _rejoins = true;

    /// <summary>The thread has left its group.</summary>
    public void HasLeft() => _rejoins = false;
}
