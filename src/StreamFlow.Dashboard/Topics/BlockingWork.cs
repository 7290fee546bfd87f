namespace StreamFlow.Dashboard;

/// <summary>
/// Runs what blocks on a thread of its own, a few at a time: consumers wait for brokers, and the host's threads are not to wait with
/// them.
/// </summary>
internal static class BlockingWork
{
    private static readonly SemaphoreSlim Places = new(4);

    public static async Task<T> RunAsync<T>(string name, Func<T> work, CancellationToken cancellationToken)
    {
        await Places.WaitAsync(cancellationToken).ConfigureAwait(false);
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                done.SetResult(work());
            }
#pragma warning disable CA1031 // Whoever waits gets it.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                done.SetException(exception);
            }
            finally
            {
                Places.Release();
            }
        })
        { Name = name, IsBackground = true }.Start();
        return await done.Task.ConfigureAwait(false);
    }
}
