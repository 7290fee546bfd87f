using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// Commits the tasks of one thread together, at least once: (1) caches are flushed in topological order, dirty entries
/// going to the changelogs and downstream; (2) everything produced is acknowledged; (3) one batch per task, with the
/// changelog offsets, becomes local state; (4) the input positions are committed. A crash between any two steps leaves
/// state and positions at an earlier commit, from which the inputs are read again.
/// </summary>
internal sealed class Committer
{
    /// <summary>
    /// Offsets of partitions that the group does not know as subscribed expire on the broker after
    /// <c>offsets.retention.minutes</c> (7 days) since their last commit, even while they are read; so idle ones are
    /// committed again.
    /// </summary>
    private static readonly TimeSpan RecommitInterval = TimeSpan.FromHours(12);

    private readonly ThreadServices _services;
    private readonly string _threadName;
    private readonly IKafkaConsumer _consumer;
    private readonly IKafkaProducer _producer;
    private readonly DeliveryFailures _failures;
    private readonly List<PartitionOffset> _offsets = [];
    private long _lastCommit;
    private long _lastRecommit;

    public Committer(
        ThreadServices services, string threadName, IKafkaConsumer consumer, IKafkaProducer producer, ErrorPolicy errors)
    {
        _services = services;
        _threadName = threadName;
        _consumer = consumer;
        _producer = producer;
        _failures = new DeliveryFailures(services, producer, errors);
        _lastCommit = _lastRecommit = services.Time.GetTimestamp();
    }

    /// <summary>The positions of the last commit; for purging repartition topics.</summary>
    public IReadOnlyList<PartitionOffset> CommittedOffsets => _offsets;

    /// <summary>Whether the last commit was refused for the moment: state is ahead of the committed positions.</summary>
    public bool IsPostponed { get; private set; }

    public TimeSpan SinceLastCommit => _services.Time.GetElapsedTime(_lastCommit);

    /// <summary>Serves delivery reports; throws when one says that the thread must stop.</summary>
    public void Poll()
    {
        _producer.Poll(TimeSpan.Zero);
        _failures.Handle();
    }

    /// <summary>Commits if there is anything to commit.</summary>
    /// <returns>Whether there was.</returns>
    public bool Commit(IReadOnlyList<StreamTask> tasks)
    {
        IsPostponed = false;
        _lastCommit = _services.Time.GetTimestamp();
        var recommit = _services.Time.GetElapsedTime(_lastRecommit) >= RecommitInterval;
        if (!recommit && !AnyNeeded(tasks))
        {
            return false;
        }

        foreach (var task in tasks)
        {
            task.Flush();
        }

        AwaitDelivery();
        foreach (var task in tasks)
        {
            task.ApplyState();
        }

        CommitOffsets(tasks);
        _lastCommit = _services.Time.GetTimestamp();
        return true;
    }

    private static bool AnyNeeded(IReadOnlyList<StreamTask> tasks)
    {
        foreach (var task in tasks)
        {
            if (task.CommitNeeded)
            {
                return true;
            }
        }

        return false;
    }

    private void AwaitDelivery()
    {
        do
        {
            if (!_producer.Drain(_services.Options.DeliveryTimeout))
            {
                throw new KafkaClientException(
                    $"Records produced by {_threadName} were not acknowledged within {_services.Options.DeliveryTimeout} "
                    + "(DeliveryTimeout). Is the broker reachable and its disk writable?",
                    KafkaErrorKind.Fatal);
            }
        }
        while (_failures.Handle());
    }

    private void CommitOffsets(IReadOnlyList<StreamTask> tasks)
    {
        _offsets.Clear();
        foreach (var task in tasks)
        {
            task.CollectOffsets(_offsets);
        }

        if (_offsets.Count == 0)
        {
            return;
        }

        try
        {
            _consumer.Commit(_offsets);
        }
        catch (KafkaClientException exception) when (exception.Kind is KafkaErrorKind.Migrated or KafkaErrorKind.Retriable)
        {
            // During a rebalance the generation is briefly out of date. State is ahead of the committed positions then,
            // which at-least-once allows; the next commit, or the revocation of what has moved, mends it.
            RuntimeLog.CommitPostponed(_services.Logger, exception, _threadName);
            _offsets.Clear();
            IsPostponed = true;
            return;
        }

        foreach (var task in tasks)
        {
            task.MarkCommitted();
        }

        _lastRecommit = _services.Time.GetTimestamp();
    }
}
