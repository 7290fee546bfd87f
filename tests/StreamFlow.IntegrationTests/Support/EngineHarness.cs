using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StreamFlow.Kafka;
using StreamFlow.RocksDb;
using StreamFlow.State;

namespace StreamFlow.IntegrationTests.Support;

/// <summary>How an application under test differs from the usual one.</summary>
internal sealed record Setup
{
    public string Id { get; init; } = "app";

    /// <summary>Null keeps all stores in memory.</summary>
    public string? StateDirectory { get; init; }

    public IStoreBackendFactory? StoreBackend { get; init; }

    public Dictionary<string, string> Consumer { get; init; } = [];

    public Dictionary<string, string> Producer { get; init; } = [];

    public Action<StreamFlowOptions> Configure { get; init; } = static _ => { };
}

/// <summary>Applications of this process on a cluster, with what they log; all are stopped at the end.</summary>
internal sealed class EngineHarness(TestCluster cluster) : IAsyncDisposable
{
    private readonly List<StreamsApplication> _applications = [];
    private readonly LogLines _log = new();

    public string BootstrapServers => cluster.BootstrapServers;

    public Probe Probe { get; } = new(cluster.BootstrapServers);

    public IReadOnlyCollection<string> Log => _log.Lines;

    public string LogText => string.Join('\n', _log.Lines);

    public StreamsApplication Create(Action<StreamsBuilder> topology, Setup? setup = null)
    {
        setup ??= new Setup();
        var builder = new StreamsBuilder();
        topology(builder);
        var options = new StreamFlowOptions
        {
            ApplicationId = setup.Id,
            CommitInterval = TimeSpan.FromMilliseconds(100),
            DeliveryTimeout = TimeSpan.FromSeconds(60),
        };
        options.StateDirectory = setup.StateDirectory ?? options.StateDirectory;
        setup.Configure(options);
        var clients = new KafkaClients(
            new KafkaClientOptions
            {
                BootstrapServers = cluster.BootstrapServers,
                Consumer = setup.Consumer,
                Producer = setup.Producer,
            },
            _log);
        var application = new StreamsApplication(builder.Build(), options, clients, new StreamsServices
        {
            StoreBackend = setup.StoreBackend ?? (setup.StateDirectory is null ? null : new RocksDbBackendFactory()),
            Logging = _log,
        });
        _applications.Add(application);
        return application;
    }

    public async Task<StreamsApplication> StartAsync(Action<StreamsBuilder> topology, Setup? setup = null)
    {
        var application = Create(topology, setup);
        await application.StartAsync();
        return application;
    }

    public Task UntilRunningAsync(StreamsApplication application) => Until.TrueAsync(
        () => application.State == StreamsState.Running || Broken(application), "the application runs", () => LogText);

    public Task UntilAsync(Func<bool> condition, string what) => Until.TrueAsync(
        () => condition() || _applications.Any(Broken), what, () => LogText);

    /// <summary>Waits until everything on the topics is committed.</summary>
    public Task UntilNoLagAsync(string id, params string[] topics) => Until.TrueAsync(
        () => _applications.Any(Broken) || topics.All(t => Probe.Lag(id, t) == 0), $"{id} has no lag", () => LogText);

    public async ValueTask DisposeAsync()
    {
        foreach (var application in _applications)
        {
            await application.DisposeAsync();
        }

        _log.Dispose();
    }

    private bool Broken(StreamsApplication application)
    {
        Assert.True(application.Status.Error is null, $"The application failed: {application.Status.Error}\n{LogText}");
        return false;
    }

    private sealed class LogLines : ILoggerFactory, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("It keeps lines only.");

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                _lines.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel}: {formatter(state, exception)} {exception?.Message}");
            }
        }

        public void Dispose()
        {
        }
    }
}
