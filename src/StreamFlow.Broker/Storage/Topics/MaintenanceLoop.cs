namespace StreamFlow.Broker.Storage;

/// <summary>One thread that runs maintenance whenever the clock says so, one round at a time.</summary>
internal sealed class MaintenanceLoop : IDisposable
{
    private readonly object _gate = new();
    private readonly StoreOptions _options;
    private readonly Action _round;
    private readonly Thread _thread;
    private ITimer? _timer;
    private bool _due;
    private bool _stopping;

    public MaintenanceLoop(StoreOptions options, Action round)
    {
        _options = options;
        _round = round;
        _thread = new Thread(Run) { IsBackground = true, Name = "log-maintenance" };
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
            return;
        }

        _timer.Dispose();
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    // A tick may still arrive after the timer was disposed; it finds nobody waiting.
    private void Wake()
    {
        lock (_gate)
        {
            _due = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Run()
    {
        while (WaitForTick())
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
