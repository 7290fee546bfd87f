using System.Collections.Concurrent;
using System.Text;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;
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

    private readonly TransactionCoordinatorOptions _options;
    private readonly TransactionJournal _journal;
    private readonly TransactionPartitions _partitions;
    private readonly GroupCoordinator _groups;
    private readonly Func<long> _allocateProducerId;
    private readonly TimeProvider _time;
    private readonly bool _afterUncleanStop;
    private readonly Action<string>? _warn;
    private readonly long _started;
    private readonly ConcurrentDictionary<string, Transaction> _transactions = [];
    private readonly ConcurrentDictionary<long, TaskCompletionSource<TransactionReply>> _requests = [];
    private ITimer? _timer;
    private long _lastRequest;
    private volatile bool _isStopped;

    private TransactionCoordinator(
        TransactionCoordinatorOptions options,
        TransactionJournal journal,
        TopicStore store,
        GroupCoordinator groups,
        TimeProvider time,
        Action<string>? warn)
    {
        _options = options;
        _journal = journal;
        _partitions = new TransactionPartitions(store, groups, options.Faults);
        _groups = groups;
        _afterUncleanStop = store.AfterUncleanStop;
        _allocateProducerId = store.AllocateProducerId;
        _time = time;
        _warn = warn;
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
            Transaction transaction = _transactions.GetOrAdd(transactionalId, static _ => new Transaction());
            long fresh = ReserveProducerId(transaction);
            long request = NewRequest(out TaskCompletionSource<TransactionReply> reply);
            TransactionEffect[] effects;
            lock (transaction)
            {
                if (transaction.State == TransactionState.Dead)
                {
                    // It expired just now, and whoever removed it holds no lock any more: there is a new one to be made.
                    _requests.TryRemove(request, out _);
                    _transactions.TryRemove(KeyValuePair.Create(transactionalId, transaction));
                    continue;
                }

                transaction.InitProducer(expected, timeoutMs, fresh, request, Now());
                effects = transaction.TakeEffects();
            }

            return RunAsync(transactionalId, transaction, effects, reply);
        }
    }

    /// <summary>Adds partitions to a transaction. All must exist, or none is added.</summary>
    /// <returns>One error per partition, in order.</returns>
    public async ValueTask<ErrorCode[]> AddPartitionsAsync(
        string transactionalId, ProducerIdentity producer, IReadOnlyList<TransactionPartition> partitions)
    {
        var errors = new ErrorCode[partitions.Count];
        bool isRefused = false;
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = TopicNames.IsInternal(partitions[i].Topic) ? ErrorCode.InvalidTopic
                : _partitions.Exists(partitions[i]) ? ErrorCode.OperationNotAttempted
                : ErrorCode.UnknownTopicOrPartition;
            isRefused |= errors[i] != ErrorCode.OperationNotAttempted;
        }

        ErrorCode identity = Check(transactionalId, producer);
        if (identity != ErrorCode.None || !isRefused)
        {
            Array.Fill(errors, identity != ErrorCode.None
                ? identity
                : (await AddAsync(transactionalId, producer, partitions).ConfigureAwait(false)).Error);
        }

        return errors;
    }

    /// <summary>Adds the offsets of groups to a transaction.</summary>
    public async ValueTask<ErrorCode> AddOffsetsAsync(
        string transactionalId, ProducerIdentity producer, string groupId)
    {
        ErrorCode refusal = groupId.Length == 0 ? ErrorCode.InvalidGroupId : ErrorCode.None;
        return refusal != ErrorCode.None
            ? refusal
            : (await AddAsync(transactionalId, producer, [TransactionPartitions.Offsets]).ConfigureAwait(false)).Error;
    }

    /// <summary>Commits offsets as part of a transaction that includes them.</summary>
    /// <returns>One error per offset, in order.</returns>
    public async ValueTask<ErrorCode[]> CommitOffsetsAsync(
        string transactionalId, ProducerIdentity producer, CommitCommand command)
    {
        ErrorCode refusal = Check(transactionalId, producer, static (transaction, producer) =>
            transaction.CheckOffsetCommit(producer, TransactionPartitions.Offsets));
        if (refusal != ErrorCode.None)
        {
            var errors = new ErrorCode[command.Offsets.Count];
            Array.Fill(errors, refusal);
            return errors;
        }

        _options.Faults.Hit(FaultPoints.BeforeOffsets);
        ErrorCode[] results = await _groups.CommitOffsetsAsync(command, producer.ProducerId, producer.Epoch)
            .ConfigureAwait(false);
        _options.Faults.Hit(FaultPoints.AfterOffsets);
        return results;
    }

    /// <summary>Ends a transaction; completes when its outcome is visible everywhere.</summary>
    public async ValueTask<ErrorCode> EndAsync(string transactionalId, ProducerIdentity producer, bool commit)
    {
        TransactionReply reply = await SubmitAsync(transactionalId, (transaction, request, now) =>
            transaction.End(producer, commit, request, now)).ConfigureAwait(false);
        return reply.Error;
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

    private static bool Fits(string text) => Encoding.UTF8.GetByteCount(text) <= MaxIdBytes;

    private static ValueTask<TransactionReply> Answer(ErrorCode error) =>
        new(new TransactionReply(-1, error, ProducerIdentity.None));

    private long ReserveProducerId(Transaction transaction)
    {
        lock (transaction)
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
        if (_isStopped)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        if (transactionalId.Length == 0)
        {
            return ErrorCode.InvalidRequest;
        }

        if (!_transactions.TryGetValue(transactionalId, out Transaction? transaction))
        {
            return ErrorCode.InvalidProducerIdMapping;
        }

        lock (transaction)
        {
            return check(transaction, producer);
        }
    }

    private ValueTask<TransactionReply> AddAsync(
        string transactionalId, ProducerIdentity producer, IReadOnlyList<TransactionPartition> partitions) =>
        SubmitAsync(transactionalId, (transaction, request, now) =>
            transaction.AddPartitions(producer, partitions, request, now));

    private ValueTask<TransactionReply> SubmitAsync(
        string transactionalId, Action<Transaction, long, ClockReading> command)
    {
        if (transactionalId.Length == 0)
        {
            return Answer(ErrorCode.InvalidRequest);
        }

        if (!_transactions.TryGetValue(transactionalId, out Transaction? transaction))
        {
            return Answer(_isStopped ? ErrorCode.CoordinatorNotAvailable : ErrorCode.InvalidProducerIdMapping);
        }

        long request = NewRequest(out TaskCompletionSource<TransactionReply> reply);
        TransactionEffect[] effects;
        lock (transaction)
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
