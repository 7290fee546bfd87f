namespace StreamFlow.Broker.Storage;

/// <content>Producer ids, care in the background, and the end.</content>
internal sealed partial class TopicStore
{
    private long _retainedAt;
    private bool _retains = true;

    /// <summary>
    /// A partition takes writes again after the disk had failed it: whoever gave up because of it may go on. Raised on the
    /// thread of the repairs.
    /// </summary>
    public event Action<PartitionLog>? PartitionRepaired;

    /// <summary>A producer id never handed out before, also over crashes: blocks are reserved durably.</summary>
    /// <exception cref="IOException">The reservation could not be written.</exception>
    public long AllocateProducerId()
    {
        lock (_gate)
        {
            if (_nextProducerId == _metadata.NextProducerId)
            {
                Save(_metadata with { NextProducerId = _nextProducerId + ProducerIdBlock });
            }

            return _nextProducerId++;
        }
    }

    /// <summary>One round of retention, compaction and expiry over all partitions.</summary>
    public void Maintain()
    {
        foreach (var topic in Topics)
        {
            foreach (var log in topic.Partitions)
            {
                log.Maintain(_retains);
            }
        }
    }

    /// <summary>As the clock asks for: retention is due less often than the rest.</summary>
    private void MaintainByClock()
    {
        _retains = _options.Time.GetElapsedTime(_retainedAt) >= _options.RetentionCheckInterval;
        if (_retains)
        {
            _retainedAt = _options.Time.GetTimestamp();
        }

        Maintain();
    }

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
            _repairs.Dispose();
            Parallel.ForEach(
                Topics.SelectMany(static topic => topic.Partitions),
                new ParallelOptions { MaxDegreeOfParallelism = TopicDirectories.OpenParallelism },
                Close);
            _flusher?.Dispose();
            LeaveInOrder();
        }
        finally
        {
            // Whatever failed: who starts a broker on the directory again must not find it locked.
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
