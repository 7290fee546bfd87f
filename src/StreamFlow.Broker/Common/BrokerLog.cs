namespace StreamFlow.Broker;

/// <summary>Passes what the broker has to say to the host's callback; says nothing when there is none.</summary>
internal sealed class BrokerLog(Action<string>? sink)
{
    private int _failures;

    /// <summary>How often the callback threw; there is nowhere else to say so.</summary>
    public int Failures => Volatile.Read(ref _failures);

    public void Write(string message)
    {
        try
        {
            sink?.Invoke(message);
        }
#pragma warning disable CA1031 // It is the host's, and must not end a connection or a background task of the broker's.
        catch (Exception)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref _failures);
        }
    }
}
