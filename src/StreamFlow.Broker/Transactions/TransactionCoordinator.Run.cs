using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Broker.Transactions;

/// <content>Carries out what the state machines ask for.</content>
internal sealed partial class TransactionCoordinator
{
    private async ValueTask<TransactionReply> RunAsync(
        string transactionalId, Transaction transaction, TransactionEffect[] effects,
        TaskCompletionSource<TransactionReply> reply)
    {
        await RunAsync(transactionalId, transaction, effects).ConfigureAwait(false);
        if (_isStopped)
        {
            // The stop may have come before the request was noted, or after the reply was looked for.
            reply.TrySetResult(new TransactionReply(-1, ErrorCode.CoordinatorNotAvailable, ProducerIdentity.None));
        }

        return await reply.Task.ConfigureAwait(false);
    }

    /// <summary>Runs effects, and those that follow from them, until none is left.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever ended a step half-way, what is durable is unknown then and nothing more may be promised.")]
    private async Task RunAsync(string transactionalId, Transaction transaction, TransactionEffect[] effects)
    {
        Interlocked.Increment(ref _running);
        try
        {
            while (effects.Length > 0 && !_isStopped)
            {
                // A step asks for one write at most, and it is the last thing it asks for.
                TransactionEffect[] following = [];
                foreach (TransactionEffect effect in effects)
                {
                    following = await ExecuteAsync(transactionalId, transaction, effect).ConfigureAwait(false);
                }

                effects = following;
            }
        }
        catch (Exception failure)
        {
            Fail(failure.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private async ValueTask<TransactionEffect[]> ExecuteAsync(
        string transactionalId, Transaction transaction, TransactionEffect effect)
    {
        switch (effect)
        {
            case PersistTransaction persist:
                return await PersistAsync(transactionalId, transaction, persist).ConfigureAwait(false);
            case WriteMarkers markers:
                return await WriteMarkersAsync(transactionalId, transaction, markers).ConfigureAwait(false);
            case TransactionReply answer
                when _requests.TryRemove(answer.Request, out TaskCompletionSource<TransactionReply>? reply):
                reply.TrySetResult(answer);
                break;
        }

        return [];
    }

    private async ValueTask<TransactionEffect[]> PersistAsync(
        string transactionalId, Transaction transaction, PersistTransaction persist)
    {
        TransactionSnapshot snapshot = persist.Snapshot;
        if (_options.FlushBarriers && snapshot.State == TransactionState.PrepareCommit
            && await _partitions.FlushAsync(ToFlush(snapshot)).ConfigureAwait(false) is not ErrorCode.None)
        {
            // What it wrote may be lost: it must not commit. The producer may still abort.
            return Step(transaction, static (x, now) => x.Refused(ErrorCode.KafkaStorageError, now));
        }

        bool flush = _options.FlushBarriers && !persist.MayBeLost && MustBeDurable(snapshot);
        HitBefore(snapshot.State);
        ErrorCode error = await _journal.WriteAsync(transactionalId, snapshot, flush).ConfigureAwait(false);
        if (error is ErrorCode.RecordListTooLarge)
        {
            return Step(transaction, (x, now) => x.Refused(error, now));
        }

        if (error != ErrorCode.None)
        {
            Fail($"the write ended with {error}");
            return [];
        }

        HitAfter(snapshot.State);
        return Step(transaction, static (x, now) => x.Persisted(now));
    }

    private async ValueTask<TransactionEffect[]> WriteMarkersAsync(
        string transactionalId, Transaction transaction, WriteMarkers markers)
    {
        // With version 2 the markers are told from what follows by their epoch, so that the next record may remember them
        // instead of waiting for the disk: the next commit flushes them together with its own records.
        bool areRemembered = markers.Version >= TransactionVersion.V2 && _options.FlushBarriers;
        (TransactionPartition Partition, ErrorCode Error)? failed = _partitions.WriteMarkers(markers, Now().UnixMs);
        if (failed is null && markers.Commit && _options.FlushBarriers && !areRemembered
            && await _partitions.FlushAsync(markers.Partitions).ConfigureAwait(false) is not ErrorCode.None and var error)
        {
            failed = (markers.Partitions[0], error);
        }

        if (failed is var (partition, reason))
        {
            TransactionLog.MarkerFailed(_log, transactionalId, partition.Topic, partition.Partition, reason);
            _unmarked[transactionalId] = (transaction, markers);
            return Step(transaction, static (x, _) => x.MarkersFailed());
        }

        return Step(transaction, (x, now) => x.MarkersWritten(areDurable: !areRemembered, now));
    }

    /// <summary>
    /// The beginnings of producers, and of classic transactions, for they must be known before anything is written under them; a
    /// commit; and what gives the producer a new epoch. A classic abort may be forgotten, since it is decided again, and a
    /// completion may be as long as no next transaction is known.
    /// </summary>
    private static bool MustBeDurable(TransactionSnapshot snapshot) => snapshot.State switch
    {
        TransactionState.Empty or TransactionState.Ongoing or TransactionState.PrepareCommit => true,
        TransactionState.PrepareAbort => snapshot.Version >= TransactionVersion.V2,
        _ => false,
    };

    /// <summary>What a commit wrote, and the markers of the one before.</summary>
    private static IReadOnlyList<TransactionPartition> ToFlush(TransactionSnapshot snapshot) =>
        snapshot.Unfinished is null ? snapshot.Partitions : [.. snapshot.Partitions.Union(snapshot.Unfinished.Partitions)];

    /// <summary>Flushes the markers of a commit that no other followed, so that an idle id leaves nothing behind.</summary>
    private async Task FinishAsync(Transaction transaction, UnfinishedCommit commit)
    {
        if (await _partitions.FlushAsync(commit.Partitions).ConfigureAwait(false) == ErrorCode.None)
        {
            using (transaction.Gate.Enter())
            {
                transaction.MarkersFlushed(commit);
            }
        }
    }

    /// <summary>
    /// Takes a step, and registers partitions under the same lock: once it is released the transaction may be ended by
    /// others, and a registration behind the marker would let a late batch in.
    /// </summary>
    private TransactionEffect[] Step(Transaction transaction, Action<Transaction, ClockReading> step)
    {
        using (transaction.Gate.Enter())
        {
            step(transaction, Now());
            TransactionEffect[] effects = transaction.TakeEffects();
            foreach (RegisterPartitions register in effects.OfType<RegisterPartitions>())
            {
                _partitions.Register(register.Producer, register.Partitions, register.Version);
            }

            return effects;
        }
    }

    private void HitBefore(TransactionState state)
    {
        switch (state)
        {
            case TransactionState.PrepareCommit or TransactionState.PrepareAbort:
                _options.Faults.Hit(FaultPoints.BeforePrepare);
                break;
            case TransactionState.CompleteCommit or TransactionState.CompleteAbort:
                _options.Faults.Hit(FaultPoints.BeforeComplete);
                break;
        }
    }

    private void HitAfter(TransactionState state) => _options.Faults.Hit(state switch
    {
        TransactionState.Empty => FaultPoints.ProducerInitialised,
        TransactionState.Ongoing => FaultPoints.PartitionsAdded,
        TransactionState.PrepareCommit or TransactionState.PrepareAbort => FaultPoints.AfterPrepare,
        _ => FaultPoints.AfterComplete,
    });

    private void OnTimer()
    {
        RetryMarkers();
        foreach ((string transactionalId, Transaction transaction) in _transactions)
        {
            if (_isStopped)
            {
                return;
            }

            TransactionEffect[] effects;
            using (transaction.Gate.Enter())
            {
                ClockReading now = Now();
                if (transaction.State.IsIdle() && transaction.Current.Unfinished is UnfinishedCommit commit)
                {
                    _ = FinishAsync(transaction, commit);
                }

                transaction.Tick(now);
                transaction.Expire((long)_options.IdExpiration.TotalMilliseconds, now);
                effects = transaction.TakeEffects();
                if (effects is [DeleteTransaction])
                {
                    Remove(transactionalId, transaction, now);
                    effects = [];
                }
            }

            if (effects.Length > 0)
            {
                _ = RunAsync(transactionalId, transaction, effects);
            }
        }
    }

    /// <summary>Under the transaction's lock, so that the deletion is in the log before anything of a successor.</summary>
    private void Remove(string transactionalId, Transaction transaction, ClockReading now)
    {
        bool isStored = transaction.Current.Producer.ProducerId >= 0;
        if (isStored && _journal.Delete(transactionalId, now.UnixMs) is not ErrorCode.None and var error)
        {
            Fail($"the write ended with {error}");
        }

        Forget(transactionalId, transaction);
    }

    /// <summary>A write failed: from here on the log and the memory may differ, so nothing is promised any more.</summary>
    private void Fail(string reason)
    {
        if (!_isStopped)
        {
            TransactionLog.Stopped(_log, reason);
        }

        Stop();
    }
}
