using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Transactions;

/// <content>How transactions come back after a restart.</content>
internal sealed partial class TransactionCoordinator
{
    /// <summary>The internal topic, as in Kafka; here with a single partition.</summary>
    public const string TopicName = "__transaction_state";

    /// <summary>
    /// Opens the coordinator of a data directory. Open transactions go on, but can only abort unless the last run stopped
    /// in order; prepared ones get their markers again; and what no coordinator knows of is aborted, since it would hide
    /// everything behind it for ever.
    /// </summary>
    /// <param name="store">Must outlive the coordinator.</param>
    /// <param name="groups">Keeps the offsets that transactions commit.</param>
    /// <param name="options">Limits and delays.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warn">Takes what an operator should know; null drops it.</param>
    /// <exception cref="IOException">The topic could not be created.</exception>
    /// <exception cref="InvalidDataException">The log holds a record that cannot be read.</exception>
    public static TransactionCoordinator Open(
        TopicStore store,
        GroupCoordinator groups,
        TransactionCoordinatorOptions options,
        TimeProvider time,
        Action<string>? warn = null)
    {
        if (store.GetTopic(TopicName) is null)
        {
            TopicResult created = store.CreateTopic(TopicName, 1, TransactionJournal.TopicSettings);
            if (!created.IsSuccess)
            {
                throw new IOException($"The topic {TopicName} cannot be created: {created.Message}");
            }
        }

        var journal = new TransactionJournal(store.GetPartition(TopicName, 0)!);
        var coordinator = new TransactionCoordinator(options, journal, store, groups, time, warn);
        coordinator.Recover();
        return coordinator;
    }

    private void Recover()
    {
        ClockReading now = Now();
        Dictionary<string, TransactionSnapshot> stored = _journal.ReadAll();
        Dictionary<long, string> owners = stored.ToDictionary(static x => x.Value.Producer.ProducerId, static x => x.Key);
        AbortOrphans(stored, owners, now);
        foreach ((string transactionalId, TransactionSnapshot found) in stored)
        {
            TransactionSnapshot snapshot = found;
            if (snapshot.State == TransactionState.Ongoing)
            {
                snapshot = found with { MustAbort = found.MustAbort || _afterUncleanStop };
                if (snapshot != found)
                {
                    // For a start after an orderly stop; after another kill it is as true without a record.
                    _ = RememberAsync(transactionalId, snapshot);
                }

                _partitions.Register(snapshot.Producer, snapshot.Partitions);
            }

            Transaction transaction = Transaction.Restore(snapshot, now);
            _transactions[transactionalId] = transaction;
            _ = RunAsync(transactionalId, transaction, transaction.TakeEffects());
        }

        _timer = _time.CreateTimer(_ => OnTimer(), null, _options.CheckInterval, _options.CheckInterval);
    }

    private async Task RememberAsync(string transactionalId, TransactionSnapshot snapshot)
    {
        ErrorCode error = await _journal.WriteAsync(transactionalId, snapshot, flush: false).ConfigureAwait(false);
        if (error != ErrorCode.None)
        {
            Fail($"the write ended with {error}");
        }
    }

    /// <summary>
    /// Aborts what a partition holds open without the coordinator knowing, and raises epochs to what partitions have seen:
    /// both only happen when a power cut took the end of this log but not of theirs.
    /// </summary>
    private void AbortOrphans(
        Dictionary<string, TransactionSnapshot> stored, Dictionary<long, string> owners, ClockReading now)
    {
        foreach ((TransactionPartition partition, ProducerIdentity seen, bool isOpen) in _partitions.Producers().ToList())
        {
            TransactionSnapshot? known = owners.TryGetValue(seen.ProducerId, out string? id) ? stored[id] : null;
            bool isKnown = known is not null && !known.State.IsIdle() && seen.Epoch <= known.Producer.Epoch
                && known.Partitions.Contains(partition);
            if (isOpen && !isKnown)
            {
                _warn?.Invoke(
                    $"Producer {seen.ProducerId} has a transaction in {partition.Topic}-{partition.Partition} that the"
                    + " transaction log does not know; it is aborted.");
                _ = _partitions.WriteMarkers(new WriteMarkers(seen, Commit: false, [partition]), now.UnixMs);
            }

            if (known is not null && seen.Epoch > known.Producer.Epoch)
            {
                stored[id!] = known with { Producer = seen };
            }
        }
    }
}
