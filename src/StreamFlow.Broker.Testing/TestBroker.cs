namespace StreamFlow.Broker.Testing;

/// <summary>
/// A broker of a test's own, on a free port, up when the constructor returns: it shows faults by script, dies and comes back with what it had
/// written or flushed, at the same address. Any number may run at once. It fits any test framework.
/// </summary>
/// <example>
/// One for all tests of a class in xunit is the line <c>IClassFixture&lt;TestBroker&gt;</c>; one for each test is a field:
/// <code>
/// public sealed class OrdersTests : IDisposable
/// {
///     private readonly TestBroker _broker = TestBroker.Start(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("orders", Partitions: 4)] });
///
///     public void Dispose() => _broker.Dispose();
/// }
/// </code>
/// </example>
public sealed class TestBroker : IAsyncDisposable, IDisposable
{
    private readonly TestBrokerFolder _folder;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _gate = new();
    private EmbeddedBrokerOptions _options;
    private BrokerLife? _life;
    private Task _recovery = Task.CompletedTask;
    private bool _isDiskFull;
    private volatile bool _isDisposed;

    /// <summary>
    /// Starts a broker without topics; clients create them by using them. It is the only public constructor, as xunit wants it of a fixture.
    /// </summary>
    /// <exception cref="IOException">The temporary directory cannot be used.</exception>
    public TestBroker()
        : this(new EmbeddedBrokerOptions())
    {
    }

    private TestBroker(EmbeddedBrokerOptions options)
    {
        _folder = new TestBrokerFolder(options.DataDirectory);
        _options = options with { DataDirectory = _folder.Data };
        try
        {
            StartLifeAsync().GetAwaiter().GetResult();
        }
        catch
        {
            _folder.Dispose();
            throw;
        }

        BootstrapServers = Broker.BootstrapServers;
    }

    /// <summary>Starts a broker with settings of its own.</summary>
    /// <param name="options">
    /// Topics, clock, listeners and the rest. Without an <see cref="EmbeddedBrokerOptions.DataDirectory"/> it has a temporary one; a given one
    /// stays where it is, and a crash replaces it by what is left of it.
    /// </param>
    /// <returns>A broker that answers; dispose of it to stop it.</returns>
    /// <exception cref="ArgumentException">A setting is out of range, or a topic cannot be created.</exception>
    /// <exception cref="IOException">The address is taken, or the data directory cannot be used.</exception>
    public static TestBroker Start(EmbeddedBrokerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new TestBroker(options);
    }

    /// <summary>Where clients connect, as <c>host:port</c>; the same through all crashes and restarts.</summary>
    public string BootstrapServers { get; }

    /// <summary>What is to go wrong.</summary>
    public BrokerFaultPlan Faults { get; } = new();

    /// <summary>The broker that runs now, to ask for its state. After a crash or restart it is another one.</summary>
    /// <exception cref="InvalidOperationException">None runs: it was stopped, or is coming back from a crash.</exception>
    public EmbeddedBroker Broker => Volatile.Read(ref _life)?.Broker ?? throw new InvalidOperationException(
        $"The test broker is down. {nameof(StartAsync)} starts it; after a crash it comes back by itself, and {nameof(UpAsync)} waits for that.");

    /// <summary>How often it was started: 1 until it is restarted or dies for the first time.</summary>
    public int Lives { get; private set; }

    /// <summary>
    /// Whether its disk is full: it takes no writes, reads go on, and once there is room it comes back by itself within seconds of its clock.
    /// </summary>
    /// <value>Default false.</value>
    public bool IsDiskFull
    {
        get => Volatile.Read(ref _isDiskFull);
        set
        {
            Volatile.Write(ref _isDiskFull, value);
            if (Volatile.Read(ref _life) is { } life)
            {
                life.Disk.IsFull = value;
            }
        }
    }

    /// <summary>Lets it die now, and come back: clients see closed connections, and the same address again.</summary>
    /// <param name="kind">What is left of its data.</param>
    /// <returns>Completes when it is up again.</returns>
    /// <exception cref="InvalidOperationException">It is down.</exception>
    public async Task CrashAsync(CrashKind kind = CrashKind.ProcessKilled)
    {
        await UpAsync().ConfigureAwait(false);
        (Volatile.Read(ref _life) ?? throw new InvalidOperationException($"The test broker is down; {nameof(StartAsync)} starts it.")).Die(kind);
        await UpAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until it is back from the last crash; returns at once where it is not on its way back.</summary>
    /// <exception cref="IOException">It could not come back.</exception>
    public Task UpAsync()
    {
        lock (_gate)
        {
            return _recovery;
        }
    }

    /// <summary>Stops it in order, for as long as a test wants it away. Does nothing when it is down.</summary>
    public async Task StopAsync()
    {
        await UpAsync().ConfigureAwait(false);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await EndLifeAsync().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Starts it again after <see cref="StopAsync"/>. Does nothing when it runs.</summary>
    /// <exception cref="IOException">Its port was taken meanwhile.</exception>
    public async Task StartAsync()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        await UpAsync().ConfigureAwait(false);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_life is null)
            {
                await StartLifeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stops it in order and starts it again.</summary>
    public async Task RestartAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await StartAsync().ConfigureAwait(false);
    }

    /// <summary>Stops it and deletes what it kept in a temporary directory. Further calls do nothing.</summary>
    /// <exception cref="IOException">It could not come back from a crash that was scripted, which a test would want to know.</exception>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        Task recovery = UpAsync();
        await recovery.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _turn.WaitAsync().ConfigureAwait(false);
        await EndLifeAsync().ConfigureAwait(false);
        _folder.Dispose();
        _turn.Dispose();
        await recovery.ConfigureAwait(false);
    }

    /// <summary>As <see cref="DisposeAsync"/>, and blocks until then: test frameworks know it.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task StartLifeAsync()
    {
        BrokerLife life = new(new TestDisk(_folder.Data) { IsFull = IsDiskFull }, _options.TimeProvider, _folder.Remains, OnDied);
        EmbeddedBrokerOptions options = _options with
        {
            Files = life.Disk,
            Faults = new FaultPoints(point => Reached(life, point)),
            Intercept = (next, nameOf) => new FaultyRequests(next, Faults, life, nameOf).DispatchAsync,
        };
        life.Broker = await TestBrokerStart.AtOnceOrSoonAsync(options, isAgain: Lives > 0).ConfigureAwait(false);
        _options = TestBrokerStart.OnThePortsOf(life.Broker, _options);
        Lives++;
        Volatile.Write(ref _life, life);
    }

    private async Task EndLifeAsync()
    {
        BrokerLife? life = _life;
        Volatile.Write(ref _life, null);
        if (life?.Broker is { } broker)
        {
            await broker.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Reached(BrokerLife life, string point)
    {
        if (Faults.Take(TestBrokerStart.StepOf(point)) is { } fault)
        {
            life.Die(fault.Crash);
        }
    }

    private void OnDied(BrokerLife life, Exception? failure)
    {
        lock (_gate)
        {
            _recovery = RecoverAsync(failure);
        }
    }

    private async Task RecoverAsync(Exception? failure)
    {
        // It died in the middle of something, on a thread that somebody else needs.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await EndLifeAsync().ConfigureAwait(false);
            if (failure is not null)
            {
                throw new IOException($"What the crash of the test broker leaves cannot be put aside: {failure.Message}", failure);
            }

            if (!_isDisposed)
            {
                _folder.Replace();
                await StartLifeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }
}
