namespace StreamFlow.TestSupport;

/// <summary>What code under test waits at. It opens when the test is over, so that one that fails ends all the same.</summary>
internal sealed class Gate : IDisposable
{
    private readonly ManualResetEventSlim _event = new();

    public bool IsSet => _event.IsSet;

    public void Set() => _event.Set();

    public void Wait() => _event.Wait();

    /// <summary>Opens it; whoever waits may look at it later still.</summary>
    public void Dispose() => _event.Set();
}
