using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Measuring;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker;

/// <summary>What a broker consists of, put together in the order it depends on each other and taken apart in reverse.</summary>
internal sealed class BrokerParts : IAsyncDisposable
{
    private readonly EmbeddedBrokerOptions _options;
    private readonly BrokerLog _log;
    private TopicStore? _store;
    private GroupCoordinator? _groups;
    private TransactionCoordinator? _transactions;
    private SocketServer? _server;
    private BrokerMeter? _meter;

    public BrokerParts(EmbeddedBrokerOptions options)
    {
        _options = options;
        _log = new BrokerLog(options.Log);
        DataDirectory = options.DataDirectory is null
            ? TemporaryDirectories.Create()
            : Path.GetFullPath(options.DataDirectory);
    }

    public string DataDirectory { get; }

    public TopicStore Store => _store!;

    public SocketServer Server => _server!;

    /// <summary>Opens the data directory and loads what is in it.</summary>
    public void Open()
    {
        _store = TopicStore.Open(new StoreOptions
        {
            DataDirectory = DataDirectory,
            Time = _options.TimeProvider,
            TopicDefaults = FlushDefaults(),
            OnWarning = _log.Write,
            OnFlushed = duration => _meter?.Requests.Flushed(duration),
        });
        if (_options.DataDirectory is null)
        {
            TemporaryDirectories.DeleteAbandoned(DataDirectory, _log);
        }

        _groups = GroupCoordinator.Open(
            _store,
            new GroupCoordinatorOptions
            {
                InitialRebalanceDelay = _options.GroupInitialRebalanceDelay,
                MinSessionTimeout = _options.GroupMinSessionTimeout,
                MaxSessionTimeout = _options.GroupMaxSessionTimeout,
            },
            _options.TimeProvider,
            _log.Write);
        _transactions = TransactionCoordinator.Open(
            _store,
            _groups,
            new TransactionCoordinatorOptions
            {
                MaxTimeout = _options.TransactionMaxTimeout,
                FlushBarriers = _options.DataDirectory is not null,
                Faults = _options.Faults,
            },
            _options.TimeProvider,
            _log.Write);
    }

    /// <summary>Starts to listen and answers how clients are told to reach this broker.</summary>
    /// <exception cref="IOException">The address is taken or not one of this machine.</exception>
    public MetadataBroker Listen(IPEndPoint endPoint, int nodeId)
    {
        SocketServerOptions limits = new(
            _options.MaxConnections, _options.MaxRequestBytes, _options.ConnectionIdleTimeout);
        try
        {
            _server = new SocketServer(endPoint, limits, _log, _options.TimeProvider);
        }
        catch (SocketException exception)
        {
            throw new IOException(
                $"Cannot listen on {endPoint}: {exception.Message}. Choose another port, or 0 for a free one.", exception);
        }

        MetadataBroker self = new(
            nodeId, BrokerAddress.Advertised(_options, endPoint), _options.AdvertisedPort ?? _server.Port);
        _meter = new BrokerMeter(BrokerAddress.Text(self));
        _meter.Show(BrokerStates.Of(_server, Store, _groups!, _transactions!, _options));
        _server.Start(new RequestDispatcher(
            CreateHandlers(self, _meter.Records), _meter.Requests, _options.TimeProvider).DispatchAsync);
        return self;
    }

    /// <summary>What there is at this moment.</summary>
    public BrokerDescription Describe()
    {
        long now = _options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        return new BrokerDescription(
            [.. Store.Topics.OrderBy(topic => topic.Name, StringComparer.Ordinal).Select(Describe)],
            [
                .. from transaction in _transactions!.List()
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
        _meter?.Dispose();

        // The coordinators first: what is parked there is answered while the connections are still open.
        _transactions?.Stop();
        _groups?.Stop();
        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }

        _transactions?.Dispose();
        _groups?.Dispose();
        _store?.Dispose();
        if (_options.DataDirectory is null)
        {
            DeleteTemporary();
        }
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
            _log.Write($"Could not delete the temporary directory '{DataDirectory}': {exception.Message}");
        }
    }

    private BrokerHandlers CreateHandlers(MetadataBroker self, RecordInstruments measured) => new()
    {
        Produce = new ProduceHandler(Store, measured, new ImplicitPartitions(_transactions!)),
        Fetch = new FetchHandler(Store, _options.TimeProvider, measured),
        ListOffsets = new ListOffsetsHandler(Store),
        Metadata = new MetadataHandler(
            Store, self, Store.ClusterId, _options.AutoCreateTopics, _options.DefaultPartitions),
        Membership = new MembershipHandler(_groups!),
        Offsets = new OffsetsHandler(_groups!),
        GroupAdmin = new GroupAdminHandler(_groups!, self),
        TopicAdmin = new TopicAdminHandler(
            Store, self.NodeId, _options.DefaultPartitions, _options.AcceptAnyReplicationFactor),
        Configs = new ConfigHandler(Store, self, DescribeBroker()),
        ProducerIds = new ProducerIdHandler(Store, _transactions!, _log),
        Transactions = new TransactionHandler(_transactions!, Store, _options.TimeProvider),
        Cluster = new ClusterHandler(Store.ClusterId, self),
    };

    private Dictionary<string, string> FlushDefaults() => _options.FlushPolicy switch
    {
        BrokerFlushPolicy.EveryAppend => new() { [TopicConfigs.FlushMessagesName] = "1" },
        BrokerFlushPolicy.Interval => new()
        {
            [TopicConfigs.FlushMsName] = Text(Math.Max(1, (long)_options.FlushInterval.TotalMilliseconds)),
        },
        _ => [],
    };

    private DescribedConfig[] DescribeBroker() =>
    [
        Setting("auto.create.topics.enable", _options.AutoCreateTopics ? "true" : "false", ConfigType.Boolean),
        Setting("connections.max.idle.ms", Text((long)_options.ConnectionIdleTimeout.TotalMilliseconds), ConfigType.Long),
        Setting("default.replication.factor", "1", ConfigType.Int),
        Setting("max.connections", Text(_options.MaxConnections), ConfigType.Int),
        Setting("num.partitions", Text(_options.DefaultPartitions), ConfigType.Int),
        Setting("socket.request.max.bytes", Text(_options.MaxRequestBytes), ConfigType.Int),
    ];

    private static DescribedConfig Setting(string name, string value, ConfigType type) =>
        new(name, value, DescribedConfig.StaticBrokerSource, ReadOnly: true, (sbyte)type);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
