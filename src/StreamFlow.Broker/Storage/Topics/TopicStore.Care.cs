namespace StreamFlow.Broker.Storage;

/// <content>Producer ids, care in the background, and the end.</content>
internal sealed partial class TopicStore
{
    private long _retainedAt;

    /// <summary>
    /// A partition takes writes again after the disk had failed it: whoever gave up because of it may go on. Raised on the
    /// thread of the repairs.
    /// </summary>
    public event Action<PartitionLog>? PartitionRepaired;

    /// <summary>A producer id never handed out before, also over crashes: blocks are reserved durably.</summary>
    /// <exception cref="IOException">The reservation could not be written.</exception>
    public long AllocateProducerId() => _producerIds.Next();

    /// <summary>One round of retention, compaction and expiry over all partitions.</summary>
    public void Maintain()
    {
        CareForAll(retains: true);
        CompactAll();
    }

    /// <summary>As the clock asks for: retention is due less often than the rest.</summary>
    private void CareByClock()
    {
        var retains = _options.Time.GetElapsedTime(_retainedAt) >= _options.RetentionCheckInterval;
        if (retains)
        {
            _retainedAt = _options.Time.GetTimestamp();
        }

        CareForAll(retains);
    }

    private void CareForAll(bool retains) => ForEachLog(log => log.Care(retains));

    private void CompactAll() => ForEachLog(static log => log.Compact());

    /// <summary>What fails in one log, whatever it is, is not the others'.</summary>
    private void ForEachLog(Action<PartitionLog> step)
    {
        foreach (var topic in Topics)
        {
            foreach (var log in topic.Partitions)
            {
                try
                {
                    step(log);
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    StorageLog.MaintenanceFailed(_options.Log, e, log.LogDirectory);
                }
            }
        }
    }

    /// <summary>Flushes and closes every partition and releases the directory.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            _care.Dispose();
            _compaction.Dispose();
            _repairs.Dispose();
            PartitionLog[] logs = [.. Topics.SelectMany(static topic => topic.Partitions)];
            OwnThreads.For(logs.Length, TopicDirectories.OpenParallelism, "log-closer", i => Close(logs[i]));
            _flusher?.Dispose();
            LeaveInOrder();
        }
        finally
        {
            // Whatever failed: who starts a broker on the directory again must not find it locked.
            _metadata.Dispose();
            _lockFile.Dispose();
        }
    }

    private void LeaveInOrder()
    {
        if (!_isLoaded || !Topics.All(static topic => topic.Partitions.All(static log => log.StoppedInOrder)))
        {
            return;
        }

        try
        {
            _metadata.TryFold();
            CleanStop.Leave(_options.Files, _options.DataDirectory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            StorageLog.OrderNotNoted(_options.Log, _options.DataDirectory, exception.Message);
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
