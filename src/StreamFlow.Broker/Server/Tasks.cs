namespace StreamFlow.Broker.Server;

internal static class Tasks
{
    /// <summary>
    /// Marks a failure of a task that may never be awaited as seen. For watching a socket: its failure means that the
    /// connection ends, which the owner of the connection learns by other ways as well.
    /// </summary>
    public static void Observe(Task task) =>
        task.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
