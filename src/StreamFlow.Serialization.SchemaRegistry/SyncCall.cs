namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>
/// Calls what is asynchronous from code that is not. The caller blocks, so nothing of the call may be waiting for the caller: it
/// begins where neither a synchronization context nor a scheduler of the caller's is found, on the thread pool if need be, and
/// so its continuations run on the thread pool. Stream threads have neither and are no threads of the pool; a query on a
/// thread of the pool makes the pool grow while it waits.
/// </summary>
internal static class SyncCall
{
    /// <exception cref="TimeoutException">It has not ended in time.</exception>
    public static T Wait<T>(Func<Task<T>> call, TimeSpan timeout)
    {
        var task = SynchronizationContext.Current is null && TaskScheduler.Current == TaskScheduler.Default
            ? call()
            : Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).Unwrap();
        try
        {
            if (!task.Wait(timeout))
            {
                throw new TimeoutException($"No answer within {timeout}.");
            }
        }
        catch (AggregateException) when (task.IsCompleted)
        {
            // Told below as what it is, without the wrapper.
        }

        return task.GetAwaiter().GetResult();
    }
}
