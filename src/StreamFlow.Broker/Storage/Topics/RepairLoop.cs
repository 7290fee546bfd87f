using System.Collections.Concurrent;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// Tries to bring back the logs that refuse writes, one after the other, as long as there are any. It has a thread of its
/// own and no timer while there are none.
/// </summary>
internal sealed class RepairLoop : IDisposable
{
    private readonly OrderedLock _gate = new(LockRank.Repairs);
    private readonly AutoResetEvent _due = new(false);
    private readonly StoreOptions _options;
    private readonly Action<PartitionLog> _repaired;
    private readonly ConcurrentDictionary<PartitionLog, bool> _troubled = [];
    private readonly ITimer _timer;
    private Thread? _thread;
    private volatile bool _stopping;

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
        _troubled[log] = true;
        using (_gate.Enter())
        {
            if (!_stopping)
            {
                _timer.Change(_options.RepairInterval, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        Thread? thread;
        using (_gate.Enter())
        {
            _stopping = true;
            thread = _thread;
        }

        // A tick may still arrive after the timer was disposed, so the event is left to the collector.
        _timer.Dispose();
        _due.Set();
        thread?.Join();
    }

    private void Wake()
    {
        using (_gate.Enter())
        {
            if (!_stopping && _thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "log-repair" };
                _thread.Start();
            }
        }

        _due.Set();
    }

    private void Run()
    {
        while (_due.WaitOne() && !_stopping)
        {
            foreach (var log in _troubled.Keys)
            {
                Try(log);
            }

            using (_gate.Enter())
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
}
