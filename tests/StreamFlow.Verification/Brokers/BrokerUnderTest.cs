namespace StreamFlow.Verification.Brokers;

/// <summary>A broker as a process of its own that can be killed and started again on its data.</summary>
internal abstract class BrokerUnderTest(int port, int advertisedPort) : IAsyncDisposable
{
    /// <summary>Where it listens; clients are told the proxy's port instead.</summary>
    public int Port => port;

    protected int AdvertisedPort => advertisedPort;

    /// <summary>Named places at which it can be told to end by itself; empty when there are none.</summary>
    public virtual IReadOnlyList<string> CrashPoints => [];

    public abstract Task StartAsync(string? crashPoint = null);

    public abstract Task KillAsync();

    /// <summary>Ends it and forgets all it has: topics, groups, transactions. It may be started again, as another cluster.</summary>
    public abstract Task ForgetAsync();

    /// <summary>Waits until the broker has ended by itself.</summary>
    /// <returns>False when it has not in time.</returns>
    public virtual Task<bool> HasEndedAsync(TimeSpan limit) => Task.FromResult(false);

    public abstract ValueTask DisposeAsync();
}
