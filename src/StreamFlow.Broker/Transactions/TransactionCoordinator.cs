using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Transactions;

/// <summary>
/// Drives all transactional ids of the broker. Each has a lock of its own, held while its state machine decides, never
/// while something is written: the state machine has at most one write in flight, so steps of one id follow each other.
/// After a failed write of the log nothing is answered but "not available" until the next start.
/// </summary>
internal sealed partial class TransactionCoordinator : IDisposable
{
    /// <summary>Strings are stored with a 16-bit length.</summary>
    private const int MaxIdBytes = short.MaxValue;

    /// <summary>What the ids may take together; they are short by nature, and long ones are somebody's attempt.</summary>
    private const long MaxIdChars = 16L << 20;

    private readonly TransactionCoordinatorOptions _options;
    private readonly TransactionJournal _journal;
    private readonly TransactionPartitions _partitions;
    private readonly GroupCoordinator _groups;
    private readonly Func<long> _allocateProducerId;
    private readonly TimeProvider _time;
    private readonly bool _afterLoss;
    private readonly ILogger _log;
    private readonly long _started;
    private readonly ConcurrentDictionary<string, Transaction> _transactions = [];
    private readonly ConcurrentDictionary<long, TaskCompletionSource<TransactionReply>> _requests = [];
    private ITimer? _timer;
    private long _lastRequest;
    private long _idChars;
    private volatile bool _isStopped;

    private TransactionCoordinator(
        TransactionCoordinatorOptions options,
        TransactionJournal journal,
        TopicStore store,
        GroupCoordinator groups,
        TimeProvider time,
        ILogger? log)
    {
        _options = options;
        _journal = journal;
        _partitions = new TransactionPartitions(store, groups, options.Faults);
        _groups = groups;
        _afterLoss = store.AfterUncleanStop || journal.HasLost;
        _allocateProducerId = store.AllocateProducerId;
        _time = time;
        _log = log ?? NullLogger.Instance;
        _started = time.GetTimestamp();
    }

    /// <summary>Makes the caller the producer of a transactional id; see <see cref="Transaction.InitProducer"/>.</summary>
    /// <exception cref="IOException">No producer id could be reserved.</exception>
    public ValueTask<TransactionReply> InitProducerAsync(
        string transactionalId, int timeoutMs, ProducerIdentity expected)
    {
        ErrorCode refusal = transactionalId.Length == 0 || !Fits(transactionalId) ? ErrorCode.InvalidRequest
            : timeoutMs <= 0 || timeoutMs > _options.MaxTimeout.TotalMilliseconds ? ErrorCode.InvalidTransactionTimeout
            : ErrorCode.None;
        if (refusal != ErrorCode.None)
        {
            return Answer(refusal);
        }

        while (true)
        {
            if (FindOrAdd(transactionalId) is not { } transaction)
            {
                return Answer(ErrorCode.PolicyViolation);
            }

            long fresh = ReserveProducerId(transaction);
            long request = NewRequest(out TaskCompletionSource<TransactionReply> reply);
            TransactionEffect[] effects;
            using (transaction.Gate.Enter())
            {
                if (transaction.State == TransactionState.Dead)
                {
                    // It expired just now, and whoever removed it holds no lock any more: there is a new one to be made.
                    _requests.TryRemove(request, out _);
                    Forget(transactionalId, transaction);
                    continue;
                }

                transaction.InitProducer(expected, timeoutMs, fresh, request, Now());
                effects = transaction.TakeEffects();
            }

            return RunAsync(transactionalId, transaction, effects, reply);
        }
    }

    /// <summary>Ends a transaction; completes when its outcome is visible everywhere.</summary>
    /// <returns>The error, and with version 2 the producer's next identity.</returns>
    public ValueTask<TransactionReply> EndAsync(
        string transactionalId,
        ProducerIdentity producer,
        bool commit,
        TransactionVersion version = TransactionVersion.V0)
    {
        long fresh = -1;
        if (version >= TransactionVersion.V2 && _transactions.TryGetValue(transactionalId, out Transaction? found)
            && found.Current.Producer == producer)
        {
            try
            {
                fresh = ReserveProducerId(found);
            }
            catch (IOException failure)
            {
                TransactionLog.NoProducerId(_log, transactionalId, failure.Message);
                return Answer(ErrorCode.KafkaStorageError);
            }
        }

        return SubmitAsync(transactionalId, (transaction, request, now) =>
            transaction.End(new EndCommand(producer, commit, version, fresh), request, now));
    }

    /// <summary>The ids known and what is stored of each.</summary>
    public IEnumerable<KeyValuePair<string, TransactionSnapshot>> List() => _transactions
        .Select(static x => KeyValuePair.Create(x.Key, x.Value.Current))
        .Where(static x => x.Value.Producer.ProducerId >= 0 && x.Value.State != TransactionState.Dead);

    /// <summary>What is stored of an id; null when it is unknown.</summary>
    public TransactionSnapshot? Describe(string transactionalId) =>
        _transactions.TryGetValue(transactionalId, out Transaction? transaction)
        && transaction.Current is { Producer.ProducerId: >= 0, State: not TransactionState.Dead } current
            ? current
            : null;

    /// <summary>Answers everything parked with "not available" and takes no further requests.</summary>
    public void Stop()
    {
        _isStopped = true;
        foreach (long request in _requests.Keys)
        {
            if (_requests.TryRemove(request, out TaskCompletionSource<TransactionReply>? reply))
            {
                reply.TrySetResult(new TransactionReply(
                    request, ErrorCode.CoordinatorNotAvailable, ProducerIdentity.None));
            }
        }
    }

    public void Dispose()
    {
        Stop();
        _timer?.Dispose();
    }

    /// <summary>The transaction of an id, a new one where there may be one more; null where not.</summary>
    private Transaction? FindOrAdd(string transactionalId)
    {
        if (_transactions.TryGetValue(transactionalId, out Transaction? found))
        {
            return found;
        }

        if (_transactions.Count >= _options.MaxIds)
        {
            CapLog.Reached(_log, "transactional ids", _options.MaxIds, "MaxTransactionalIds");
            return null;
        }

        if (Interlocked.Read(ref _idChars) + transactionalId.Length > MaxIdChars)
        {
            CapLog.Reached(_log, "characters in all transactional ids", MaxIdChars, "use shorter ones");
            return null;
        }

        Transaction added = new();
        Transaction kept = _transactions.GetOrAdd(transactionalId, added);
        if (ReferenceEquals(kept, added))
        {
            Interlocked.Add(ref _idChars, transactionalId.Length);
        }

        return kept;
    }

    /// <summary>Removes a transaction unless there is another one of the id by now.</summary>
    private void Forget(string transactionalId, Transaction transaction)
    {
        if (_transactions.TryRemove(KeyValuePair.Create(transactionalId, transaction)))
        {
            Interlocked.Add(ref _idChars, -transactionalId.Length);
        }
    }

    private static bool Fits(string text) => Encoding.UTF8.GetByteCount(text) <= MaxIdBytes;

    private static ValueTask<TransactionReply> Answer(ErrorCode error) =>
        new(new TransactionReply(-1, error, ProducerIdentity.None));

    private long ReserveProducerId(Transaction transaction)
    {
        using (transaction.Gate.Enter())
        {
            // Only ever needed more by an initialisation that this one then waits for or is refused by.
            return transaction.MayNeedProducerId ? _allocateProducerId() : -1;
        }
    }

    private ClockReading Now() => new(
        (long)_time.GetElapsedTime(_started).TotalMilliseconds,
        _time.GetUtcNow().ToUnixTimeMilliseconds());

    private ErrorCode Check(string transactionalId, ProducerIdentity producer) =>
        Check(transactionalId, producer, static (transaction, producer) => transaction.CheckProducer(producer));

    private ErrorCode Check(
        string transactionalId, ProducerIdentity producer, Func<Transaction, ProducerIdentity, ErrorCode> check)
    {
        ErrorCode refusal = Find(transactionalId, out Transaction? transaction);
        if (transaction is null)
        {
            return refusal;
        }

        using (transaction.Gate.Enter())
        {
            return check(transaction, producer);
        }
    }

    private ErrorCode Find(string transactionalId, out Transaction? transaction)
    {
        transaction = null;
        return _isStopped ? ErrorCode.CoordinatorNotAvailable
            : transactionalId.Length == 0 ? ErrorCode.InvalidRequest
            : _transactions.TryGetValue(transactionalId, out transaction) ? ErrorCode.None
            : ErrorCode.InvalidProducerIdMapping;
    }

    private ValueTask<TransactionReply> SubmitAsync(
        string transactionalId, Action<Transaction, long, ClockReading> command)
    {
        ErrorCode refusal = Find(transactionalId, out Transaction? transaction);
        if (transaction is null)
        {
            return Answer(refusal);
        }

        long request = NewRequest(out TaskCompletionSource<TransactionReply> reply);
        TransactionEffect[] effects;
        using (transaction.Gate.Enter())
        {
            command(transaction, request, Now());
            effects = transaction.TakeEffects();
        }

        return RunAsync(transactionalId, transaction, effects, reply);
    }

    private long NewRequest(out TaskCompletionSource<TransactionReply> reply)
    {
        long request = Interlocked.Increment(ref _lastRequest);
        reply = new TaskCompletionSource<TransactionReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests[request] = reply;
        return request;
    }
}
