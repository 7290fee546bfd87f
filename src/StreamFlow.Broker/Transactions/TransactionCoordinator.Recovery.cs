using Microsoft.Extensions.Logging;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Transactions;

/// <content>How transactions come back after a restart.</content>
internal sealed partial class TransactionCoordinator
{
    private readonly List<TransactionPartition> _awaited = [];

    /// <summary>The internal topic, as in Kafka; here with a single partition.</summary>
    public const string TopicName = "__transaction_state";

    /// <summary>
    /// Opens the coordinator of a data directory. Open transactions go on, but can only abort unless the last run stopped
    /// in order; prepared ones get their markers again; and what no coordinator knows of is aborted, since it would hide
    /// everything behind it for ever. All that is done when this returns, so before any client is served.
    /// </summary>
    /// <param name="store">Must outlive the coordinator.</param>
    /// <param name="groups">Keeps the offsets that transactions commit.</param>
    /// <param name="options">Limits and delays.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Takes what an operator should know; null drops it.</param>
    /// <exception cref="IOException">The topic could not be created.</exception>
    /// <exception cref="InvalidDataException">The log holds a record that cannot be read.</exception>
    public static TransactionCoordinator Open(
        TopicStore store,
        GroupCoordinator groups,
        TransactionCoordinatorOptions options,
        TimeProvider time,
        ILogger? log = null)
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
        var coordinator = new TransactionCoordinator(options, journal, store, groups, time, log);
        if (journal.IsOffline)
        {
            // What is decided is not known: who aborted what is open could tear a commit apart.
            coordinator.Stop();
            return coordinator;
        }

        coordinator.Recover();
        return coordinator;
    }

    private void Recover()
    {
        ClockReading now = Now();
        Dictionary<string, TransactionSnapshot> stored = _journal.ReadAll();
        Dictionary<long, string> owners = stored.ToDictionary(static x => x.Value.Producer.ProducerId, static x => x.Key);
        FinishCommits(stored.Values, now);
        AbortOrphans(stored, owners, now);
        foreach ((string transactionalId, TransactionSnapshot found) in stored)
        {
            TransactionSnapshot snapshot = _afterLoss ? found.AfterLoss() : found;
            if (snapshot != found)
            {
                // For a start after an orderly stop; after another kill it is as true without a record.
                _ = RememberAsync(transactionalId, snapshot);
            }

            if (snapshot.State == TransactionState.Ongoing)
            {
                _partitions.Register(snapshot.Producer, snapshot.Partitions, snapshot.Version);
            }

            Transaction transaction = Transaction.Restore(snapshot, now);
            _transactions[transactionalId] = transaction;
            _idChars += transactionalId.Length;
            _ = RunAsync(transactionalId, transaction, transaction.TakeEffects());
        }

        _timer = _time.CreateTimer(_ => Guarded.Run(_log, "the timer of transactions", OnTimer), null, _options.CheckInterval, _options.CheckInterval);
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
    /// Whether what could not be written when it was opened can be written now. A partition that is offline is not waited for: it
    /// stays so until the next start.
    /// </summary>
    public bool MayRecover => _partitions.TakeWrites(_awaited);

    /// <summary>Nobody writes these markers later, so that on a full disk the coordinator has to be opened anew for them.</summary>
    private void Recover(WriteMarkers markers, ClockReading now)
    {
        if (_partitions.WriteMarkers(markers, now.UnixMs) is var (partition, error) && _partitions.IsReadOnly(partition))
        {
            _awaited.Add(partition);
            Fail($"a marker in {partition.Topic}-{partition.Partition} ended with {error}");
        }
    }

    /// <summary>Writes again the markers of commits that a power cut took from partitions.</summary>
    private void FinishCommits(IEnumerable<TransactionSnapshot> stored, ClockReading now)
    {
        UnfinishedCommit[] unfinished = [.. stored.Select(static x => x.Unfinished).OfType<UnfinishedCommit>()];
        if (unfinished.Length == 0)
        {
            return;
        }

        var open = _partitions.Producers().Where(static x => x.IsOpen)
            .ToDictionary(static x => (x.Partition, x.Producer.ProducerId), static x => x.Producer.Epoch);
        foreach (UnfinishedCommit commit in unfinished)
        {
            TransactionPartition[] lost = [.. commit.Partitions.Where(partition =>
                open.TryGetValue((partition, commit.Producer.ProducerId), out short epoch)
                && epoch < commit.Producer.Epoch)];
            Recover(new WriteMarkers(commit.Producer, Commit: true, lost, TransactionVersion.V2), now);
        }
    }

    /// <summary>
    /// Aborts what a partition holds open without the coordinator knowing, and raises epochs to what partitions have seen:
    /// both only happen when a power cut took the end of this log but not of theirs. In version 2 that is where the begin of
    /// a transaction is lost, for which nobody waits. The marker has the epoch of the records: their producer may live on.
    /// </summary>
    private void AbortOrphans(
        Dictionary<string, TransactionSnapshot> stored, Dictionary<long, string> owners, ClockReading now)
    {
        foreach ((TransactionPartition partition, ProducerIdentity seen, bool isOpen) in _partitions.Producers().ToList())
        {
            TransactionSnapshot? known = owners.TryGetValue(seen.ProducerId, out string? id) ? stored[id] : null;
            bool isKnown = known is not null && IsOf(known, seen.Epoch) && known.Partitions.Contains(partition);
            if (isOpen && !isKnown)
            {
                TransactionLog.OrphanAborted(_log, seen.ProducerId, partition.Topic, partition.Partition);
                Recover(new WriteMarkers(seen, Commit: false, [partition], TransactionVersion.V0), now);
            }

            if (known is not null && seen.Epoch > known.Producer.Epoch)
            {
                stored[id!] = known with { Producer = seen };
            }
        }
    }

    /// <summary>
    /// Whether records of this epoch are of the transaction that is open or being ended. Those of an earlier one lost the
    /// marker that aborted them.
    /// </summary>
    private static bool IsOf(TransactionSnapshot known, short epoch) => known.State switch
    {
        TransactionState.Ongoing => epoch == known.Producer.Epoch,
        TransactionState.PrepareCommit when known.Version >= TransactionVersion.V2 => epoch == known.Producer.Epoch - 1,
        TransactionState.PrepareCommit => epoch == known.Producer.Epoch,
        TransactionState.PrepareAbort => epoch <= known.Producer.Epoch,
        _ => false,
    };
}
