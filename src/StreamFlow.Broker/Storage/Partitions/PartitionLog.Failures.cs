namespace StreamFlow.Broker.Storage;

/// <content>What becomes of a log that the disk fails.</content>
internal sealed partial class PartitionLog
{
    /// <summary>A flush ended in something that nobody foresaw: what waits for it is told, and nothing is promised any more.</summary>
    internal void FlushFailed(Exception exception)
    {
        StorageLog.FlushFailed(_environment.Log, exception, LogDirectory);
        GoOffline(exception);
        _durability.FailWaiting();
    }

    /// <summary>Takes the partition offline: a client must not be told of a success the disk did not keep.</summary>
    internal void GoOffline(Exception cause)
    {
        lock (_gate)
        {
            if (State != LogState.Online)
            {
                return;
            }

            _state = (int)LogLifecycle.Next(State, LogEvent.StorageFailed);
        }

        ReportOffline(cause);
    }

    private void ReportOffline(Exception cause)
    {
        StorageLog.Offline(_environment.Log, LogDirectory, cause.Message);
        RaiseAdvanced();
    }
}
