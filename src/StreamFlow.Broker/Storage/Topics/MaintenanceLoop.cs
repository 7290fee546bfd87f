namespace StreamFlow.Broker.Storage;

/// <summary>One thread that runs a kind of maintenance whenever the clock says so, one round at a time.</summary>
internal sealed class MaintenanceLoop : IDisposable
{
    private readonly AutoResetEvent _wake = new(false);
    private readonly StoreOptions _options;
    private readonly Action _round;
    private readonly Thread _thread;
    private ITimer? _timer;
    private volatile bool _stopping;

    /// <param name="options">The clock, the interval, the log.</param>
    /// <param name="name">Name of the thread.</param>
    /// <param name="round">One round.</param>
    public MaintenanceLoop(StoreOptions options, string name, Action round)
    {
        _options = options;
        _round = round;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    public void Start()
    {
        if (_options.MaintenanceInterval <= TimeSpan.Zero)
        {
            return;
        }

        _timer = _options.Time.CreateTimer(
            static state => ((MaintenanceLoop)state!).Wake(), this, _options.MaintenanceInterval,
            _options.MaintenanceInterval);
        _thread.Start();
    }

    public void Dispose()
    {
        if (_timer is null)
        {
            _wake.Dispose();
            return;
        }

        // A tick may still arrive after the timer was disposed, so the event is left to the collector.
        _timer.Dispose();
        _stopping = true;
        _wake.Set();
        _thread.Join();
    }

    private void Wake() => _wake.Set();

    private void Run()
    {
        while (_wake.WaitOne() && !_stopping)
        {
            try
            {
                _round();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A round that fails must end neither the process it is embedded in nor the rounds after it.
                StorageLog.MaintenanceFailed(_options.Log, e, _options.DataDirectory);
            }
        }
    }
}
