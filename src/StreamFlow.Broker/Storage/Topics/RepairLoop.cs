using System.Collections.Concurrent;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// Tries to bring back the logs that refuse writes, one after the other, as long as there are any. It has a thread of its
/// own and no timer while there are none.
/// </summary>
internal sealed class RepairLoop : IDisposable
{
    private readonly object _gate = new();
    private readonly StoreOptions _options;
    private readonly Action<PartitionLog> _repaired;
    private readonly ConcurrentDictionary<PartitionLog, bool> _troubled = [];
    private readonly ITimer _timer;
    private Thread? _thread;
    private bool _due;
    private bool _stopping;

    /// <param name="options">The clock, the interval, the log.</param>
    /// <param name="repaired">Told of each log that takes writes again, on the loop's thread.</param>
    public RepairLoop(StoreOptions options, Action<PartitionLog> repaired)
    {
        _options = options;
        _repaired = repaired;
        _timer = options.Time.CreateTimer(
            static state => ((RepairLoop)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes charge of a log that refuses writes. Returns at once.</summary>
    public void Add(PartitionLog log)
    {
        lock (_gate)
        {
            _troubled[log] = true;
            if (!_stopping)
            {
                _timer.Change(_options.RepairInterval, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        Thread? thread;
        lock (_gate)
        {
            _stopping = true;
            thread = _thread;
            Monitor.PulseAll(_gate);
        }

        _timer.Dispose();
        thread?.Join();
    }

    private void Wake()
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _due = true;
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "log-repair" };
                _thread.Start();
            }

            Monitor.PulseAll(_gate);
        }
    }

    private void Run()
    {
        while (WaitForTick())
        {
            foreach (var log in _troubled.Keys)
            {
                Try(log);
            }

            lock (_gate)
            {
                if (!_stopping && !_troubled.IsEmpty)
                {
                    _timer.Change(_options.RepairInterval, Timeout.InfiniteTimeSpan);
                }
            }
        }
    }

    private void Try(PartitionLog log)
    {
        try
        {
            if (!log.TryRepair())
            {
                return;
            }

            _troubled.TryRemove(log, out _);
            if (log.State == LogState.Online)
            {
                _repaired(log);
            }
            else if (log.State == LogState.ReadOnly)
            {
                // It failed again before it was forgotten here.
                _troubled[log] = true;
            }
        }
#pragma warning disable CA1031 // One log must not end the thread that all need; it is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            StorageLog.MaintenanceFailed(_options.Log, exception, log.LogDirectory);
        }
    }

    private bool WaitForTick()
    {
        lock (_gate)
        {
            while (!_due && !_stopping)
            {
                Monitor.Wait(_gate);
            }

            _due = false;
            return !_stopping;
        }
    }
}
