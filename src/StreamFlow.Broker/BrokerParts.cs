using System.Globalization;
using Microsoft.Extensions.Logging;
using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Measuring;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Storage.Interop;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker;

/// <summary>What a broker consists of, put together in the order it depends on each other and taken apart in reverse.</summary>
internal sealed class BrokerParts : IAsyncDisposable
{
    private const int NodeId = 1;

    private readonly EmbeddedBrokerOptions _options;
    private readonly BrokerLog _log;
    private readonly Dictionary<string, string> _started;
    private DynamicConfigs? _dynamic;
    private BrokerSettings? _settings;
    private TopicStore? _store;
    private BrokerCoordinators? _coordinators;
    private SocketServer? _server;
    private BrokerMeter? _meter;
    private SecurityParts? _security;
    private RequestDispatcher? _dispatcher;
    private WorkThread? _administration;

    public BrokerParts(EmbeddedBrokerOptions options)
    {
        _options = options;
        _log = new BrokerLog(options.LoggerFactory?.CreateLogger(BrokerLog.Category), options.TimeProvider);
        DataDirectory = options.DataDirectory is null
            ? TemporaryDirectories.Create()
            : Path.GetFullPath(options.DataDirectory);
        _started = StartedSettings.Of(options, NodeId, DataDirectory);
    }

    public string DataDirectory { get; }

    public TopicStore Store => _store!;

    public SocketServer Server => _server!;

    /// <summary>What answers requests, once it listens.</summary>
    public RequestDispatcher Dispatcher => _dispatcher!;

    /// <summary>Opens the data directory and loads what is in it.</summary>
    public void Open()
    {
        _dynamic = DynamicConfigs.Open(FileSystem.Disk, DataDirectory);
        _settings = new BrokerSettings(NodeId, _started, _dynamic);
        _store = TopicStore.Open(new StoreOptions
        {
            DataDirectory = DataDirectory,
            Time = _options.TimeProvider,
            TopicDefaults = _settings.TopicDefaults(),
            MaintenanceInterval = _options.MaintenanceInterval,
            Log = _log,
            Files = _options.Files,
            RetentionCheckInterval = _options.RetentionCheckInterval,
            RetainsByArrival = _options.KeepHistoricalRecords,
            MaxPartitions = _options.MaxPartitions,
            MaxProducerIds = _options.MaxProducerIds,
            ProducerIdExpirationMs = () => Number("producer.id.expiration.ms", (long)_options.ProducerIdExpiration.TotalMilliseconds),
            OnFlushed = duration => _meter?.Requests.Flushed(duration),
        });
        if (_options.DataDirectory is null)
        {
            TemporaryDirectories.DeleteAbandoned(DataDirectory, _log);
        }

        _coordinators = new BrokerCoordinators(_store, _dynamic, _options, _log);
    }

    /// <summary>Loads users, access rules, certificates and keys.</summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">What is stored is unreadable.</exception>
    /// <exception cref="ArgumentException">A certificate or key set cannot be used.</exception>
    public async Task OpenSecurityAsync(CancellationToken ct) =>
        _security = await SecurityParts.OpenAsync(_options, DataDirectory, _log, ct).ConfigureAwait(false);

    /// <summary>Starts to listen.</summary>
    /// <exception cref="IOException">An address is taken or not one of this machine.</exception>
    public void Listen()
    {
        SocketServerOptions limits = new(
            MaxConnections(), _options.MaxRequestBytes, _options.ConnectionIdleTimeout)
        {
            MaxBytesInFlight = _options.MaxBytesInFlight,
            MaxConnectionsPerAddress = () => (int)Number("max.connections.per.ip", _options.MaxConnectionsPerAddress),
        };
        _administration = new WorkThread("broker-administration");
        _server = new SocketServer(_security!.Bind(NodeId), limits, _log, _options.TimeProvider);
        MetadataBroker self = _server.Listeners[0].Advertised;
        StartedSettings.AddListeners(_started, _server.Listeners);
        _meter = new BrokerMeter(BrokerAddress.Text(self));
        _meter.Show(BrokerStates.Of(_server, Store, _coordinators!, limits.MaxConnections, _options.TimeProvider));
        (RecordInstruments records, RequestInstruments requests) = (_meter.Records, _meter.Requests);
        RequestDispatcher dispatcher = new(CreateHandlers(self, records, requests), requests, _options.TimeProvider);
        _dispatcher = dispatcher;
        _coordinators!.Reopened += () => dispatcher.Replace(CreateHandlers(self, records, requests));
        _server.Start(_options.Intercept?.Invoke(dispatcher.DispatchAsync, id => Store.GetTopic(id)?.Name) ?? dispatcher.DispatchAsync);
    }

    /// <summary>How well everything is.</summary>
    public BrokerState State() => BrokerStates.Of(Store, _coordinators!);

    /// <summary>A setting that may be changed while the broker runs.</summary>
    private long Number(string name, long started) =>
        long.TryParse(_settings?[name], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : started;

    /// <summary>Connections that find no handle would take that of a segment.</summary>
    private int MaxConnections()
    {
        if (FileHandles.Now() is not var (limit, used))
        {
            return _options.MaxConnections;
        }

        int given = FileHandles.ConnectionsFor(_options.MaxConnections, limit, used);
        if (given < _options.MaxConnections)
        {
            BrokerMessages.ConnectionsLimited(_log, _options.MaxConnections, limit, used, given);
        }

        return given;
    }

    /// <summary>What there is at this moment.</summary>
    public BrokerDescription Describe()
    {
        long now = _options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        return new BrokerDescription(
            [.. Store.Topics.OrderBy(topic => topic.Name, StringComparer.Ordinal).Select(Describe)],
            [
                .. from transaction in _coordinators!.Transactions.List()
                   let current = transaction.Value
                   where !current.State.IsIdle()
                   select new BrokerTransactionDescription(
                       transaction.Key,
                       current.State.ToString(),
                       TimeSpan.FromMilliseconds(Math.Max(0, now - current.StartMs)),
                       [.. current.Partitions.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Topic}-{p.Partition}"))]),
            ]);
    }

    public async ValueTask DisposeAsync()
    {
        // Whoever collects asks the parts, which are about to go.
        await CloseAsync("meter", _meter).ConfigureAwait(false);

        // The coordinators first: what is parked there is answered while the connections are still open.
        await CloseAsync("parked requests", _coordinators is null ? null : new Closing(_coordinators.Stop)).ConfigureAwait(false);
        await CloseAsync("server", _server).ConfigureAwait(false);
        await CloseAsync("administration", _administration).ConfigureAwait(false);
        await CloseAsync("users and access rules", _security).ConfigureAwait(false);
        await CloseAsync("coordinators", _coordinators).ConfigureAwait(false);
        await CloseAsync("data directory", _store).ConfigureAwait(false);
        if (_options.DataDirectory is null)
        {
            DeleteTemporary();
        }

        _log.WriteHeld(all: true);
    }

    /// <summary>Whatever fails, the data is flushed and the lock of its directory is freed.</summary>
    private async ValueTask CloseAsync(string name, object? part)
    {
        try
        {
            switch (part)
            {
                case IAsyncDisposable later:
                    await later.DisposeAsync().ConfigureAwait(false);
                    break;
                case IDisposable now:
                    now.Dispose();
                    break;
            }
        }
#pragma warning disable CA1031 // See above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            BrokerMessages.NotClosed(_log, exception, name);
        }
    }

    private sealed class Closing(Action close) : IDisposable
    {
        public void Dispose() => close();
    }

    private static BrokerTopicDescription Describe(Topic topic) => new(
        topic.Name,
        topic.IsInternal,
        topic.Configs,
        [
            .. topic.Partitions.Select((log, number) =>
                new BrokerPartitionDescription(number, log.LogStartOffset, log.LogEndOffset, log.SizeInBytes)),
        ]);

    private void DeleteTemporary()
    {
        try
        {
            Directory.Delete(DataDirectory, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            BrokerMessages.TemporaryRemains(_log, DataDirectory, exception.Message);
        }
    }

    private BrokerHandlers CreateHandlers(
        MetadataBroker self, RecordInstruments measured, RequestInstruments requests) => new()
    {
        Administration = _administration!,
        Produce = new ProduceHandler(Store, measured, new ImplicitPartitions(_coordinators!.Transactions)),
        Fetch = new FetchHandler(Store, _options.TimeProvider, measured),
        ListOffsets = new ListOffsetsHandler(Store),
        Metadata = new MetadataHandler(
            Store, _administration!, self.NodeId, Store.ClusterId, _options.AutoCreateTopics, _options.DefaultPartitions),
        TopicPartitions = new TopicPartitionsHandler(Store, self.NodeId),
        Membership = new MembershipHandler(_coordinators!.Groups),
        ConsumerGroups = new ConsumerGroupHandler(_coordinators!.Groups),
        Offsets = new OffsetsHandler(_coordinators!.Groups),
        GroupAdmin = new GroupAdminHandler(_coordinators!.Groups),
        TopicAdmin = new TopicAdminHandler(
            Store, _settings!, self.NodeId, _options.DefaultPartitions, _options.AcceptAnyReplicationFactor),
        Configs = new ConfigHandler(Store, _settings!, _dynamic!, new LoggerLevels(_log)),
        AlterConfigs = new AlterConfigHandler(Store, _settings!, _dynamic!, new LoggerLevels(_log)),
        PartitionAdmin = new PartitionAdminHandler(Store, NodeId, DataDirectory),
        Quorum = new QuorumHandler(NodeId, self.Host, self.Port, ApiVersionsHandler.LevelOf),
        Telemetry = new TelemetryHandler(_dynamic!, _options.TimeProvider, requests.Pushed),
        ProducerIds = new ProducerIdHandler(Store, _coordinators!.Transactions, _log),
        Transactions = new TransactionHandler(_coordinators!.Transactions),
        TransactionAdmin = new TransactionAdminHandler(_coordinators!.Transactions, Store, _options.TimeProvider),
        Acls = new AclHandler(_security!.Store, _security.Authorizer is not null, _log),
        Users = new UserHandler(_security.Store, _log),
        Cluster = new ClusterHandler(Store.ClusterId),
    };
}
