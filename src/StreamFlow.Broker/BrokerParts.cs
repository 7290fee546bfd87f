using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Measuring;
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
        _log = new BrokerLog(options.LoggerFactory?.CreateLogger(BrokerLog.Category), options.TimeProvider);
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
            Log = _log,
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
            _log);
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
            _log);
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
        await CloseAsync("meter", _meter).ConfigureAwait(false);

        // The coordinators first: what is parked there is answered while the connections are still open.
        await CloseAsync("requests of transactions", _transactions is null ? null : new Closing(_transactions.Stop)).ConfigureAwait(false);
        await CloseAsync("requests of groups", _groups is null ? null : new Closing(_groups.Stop)).ConfigureAwait(false);
        await CloseAsync("server", _server).ConfigureAwait(false);
        await CloseAsync("transactions", _transactions).ConfigureAwait(false);
        await CloseAsync("groups", _groups).ConfigureAwait(false);
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

    private BrokerHandlers CreateHandlers(MetadataBroker self, RecordInstruments measured) => new()
    {
        Produce = new ProduceHandler(Store, measured, new ImplicitPartitions(_transactions!)),
        Fetch = new FetchHandler(Store, _options.TimeProvider, measured),
        ListOffsets = new ListOffsetsHandler(Store),
        Metadata = new MetadataHandler(
            Store, self, Store.ClusterId, _options.AutoCreateTopics, _options.DefaultPartitions),
        TopicPartitions = new TopicPartitionsHandler(Store, self.NodeId),
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
