namespace StreamFlow.Broker.Storage;

/// <content>The end.</content>
internal sealed partial class TopicStore
{
    /// <summary>Flushes and closes every partition and releases the directory.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        try
        {
            _maintenance.Dispose();
            Parallel.ForEach(
                Topics.SelectMany(static topic => topic.Partitions),
                new ParallelOptions { MaxDegreeOfParallelism = TopicDirectories.OpenParallelism },
                Close);
            _flusher.Dispose();
        }
        finally
        {
            // Whatever failed: who starts a broker on the directory again must not find it locked.
            _lockFile.Dispose();
        }
    }

    private void Close(PartitionLog log)
    {
        try
        {
            log.Dispose();
        }
#pragma warning disable CA1031 // One that cannot be closed is recovered at the next start; the others are flushed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            StorageLog.NotClosed(_options.Log, exception, log.LogDirectory);
        }
    }
}
