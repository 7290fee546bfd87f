using Microsoft.Extensions.Logging;
using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker;

/// <summary>
/// The coordinators of groups and of transactions. After a failed write of its log a coordinator answers "not available",
/// since its memory and the log may differ. Here it is seen that the log takes writes again, and both are opened anew from
/// what their logs hold, as at a start of the broker: members keep their places, decided transactions get their markers.
/// </summary>
internal sealed class BrokerCoordinators : IDisposable
{
    /// <summary>How often it is looked whether one has ended.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly TopicStore _store;
    private readonly DynamicConfigs _configs;
    private readonly EmbeddedBrokerOptions _options;
    private readonly ILogger _log;
    private readonly OrderedLock _gate = new(LockRank.Coordinators);
    private readonly ITimer _timer;
    private volatile GroupCoordinator _groups;
    private volatile TransactionCoordinator _transactions;
    private volatile bool _isStopped;
    private volatile bool _isReopening;

    /// <exception cref="IOException">The log of one could not be created.</exception>
    /// <exception cref="InvalidDataException">The log of one holds a record that cannot be read.</exception>
    public BrokerCoordinators(TopicStore store, DynamicConfigs configs, EmbeddedBrokerOptions options, ILogger log)
    {
        _store = store;
        _configs = configs;
        _options = options;
        _log = log;
        (_groups, _transactions) = Open();
        _timer = options.TimeProvider.CreateTimer(
            _ => Guarded.Run(log, "the care for coordinators", Check), null, CheckInterval, CheckInterval);
    }

    /// <summary>Others are to be asked from here on. Raised on the thread of a timer.</summary>
    public event Action? Reopened;

    public GroupCoordinator Groups => _groups;

    public TransactionCoordinator Transactions => _transactions;

    /// <summary>Whether requests about groups are answered, by the coordinator that is there now.</summary>
    public bool HasGroups => !_groups.IsStopped && !_isReopening;

    /// <summary>The same of transactions.</summary>
    public bool HasTransactions => !_transactions.IsStopped && !_isReopening;

    /// <summary>Answers everything parked with "not available" and takes no further requests.</summary>
    public void Stop()
    {
        _isStopped = true;
        _timer.Dispose();
        using (_gate.Enter())
        {
            try
            {
                _transactions.Stop();
            }
            finally
            {
                _groups.Stop();
            }
        }
    }

    public void Dispose()
    {
        Stop();
        _transactions.Dispose();
        _groups.Dispose();
    }

    private void Check()
    {
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            if (!_isStopped && (_groups.IsStopped || _transactions.IsStopped) && TakeWrites())
            {
                Reopen();
            }
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>What the old ones have begun must be over before the new ones read: it could end a transaction of theirs.</summary>
    private void Reopen()
    {
        _transactions.Dispose();
        _groups.Dispose();
        if (_transactions.IsBusy)
        {
            return;
        }

        // Until requests go to the new ones, nobody is told that they are there.
        _isReopening = true;
        (_groups, _transactions) = Open();
        BrokerMessages.CoordinatorsBack(_log);
        Reopened?.Invoke();
        _isReopening = false;
    }

    private bool TakeWrites() =>
        _store.GetPartition(GroupCoordinator.TopicName, 0) is { State: LogState.Online }
        && _store.GetPartition(TransactionCoordinator.TopicName, 0) is { State: LogState.Online }
        && _transactions.MayRecover;

    private GroupCoordinatorOptions GroupOptions() => new()
    {
        InitialRebalanceDelay = _options.GroupInitialRebalanceDelay,
        MinSessionTimeout = _options.GroupMinSessionTimeout,
        MaxSessionTimeout = _options.GroupMaxSessionTimeout,
        MaxGroups = _options.MaxGroups,
        MaxGroupSize = _options.GroupMaxSize,
        MaxOffsetMetadataLength = _options.OffsetMetadataMaxBytes,
        Consumers = new ConsumerGroupOptions
        {
            MaxSize = _options.GroupMaxSize,
            SessionTimeout = _options.ConsumerGroupTimes.Session,
            HeartbeatInterval = _options.ConsumerGroupTimes.Heartbeat,
        },
        Configs = group => _configs.Of(new ConfigResource(ConfigResourceKind.Group, group)),
    };

    private (GroupCoordinator Groups, TransactionCoordinator Transactions) Open()
    {
        var groups = GroupCoordinator.Open(
            _store,
            GroupOptions(),
            _options.TimeProvider,
            _log);
        try
        {
            return (groups, TransactionCoordinator.Open(
                _store,
                groups,
                new TransactionCoordinatorOptions
                {
                    MaxTimeout = _options.TransactionMaxTimeout,
                    MaxIds = _options.MaxTransactionalIds,
                    IdExpiration = _options.TransactionalIdExpiration,
                    FlushBarriers = _options.DataDirectory is not null,
                    Faults = _options.Faults,
                },
                _options.TimeProvider,
                _log));
        }
        catch
        {
            groups.Dispose();
            throw;
        }
    }
}
