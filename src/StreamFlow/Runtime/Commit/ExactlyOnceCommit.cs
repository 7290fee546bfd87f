using System.Diagnostics;
using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// Exactly once: results, changelogs and positions of all tasks are committed in one Kafka transaction; only then do the
/// staged changes become local state. A transaction begins with the first record sent, and is aborted when anything goes
/// wrong. When it is unknown how one ended, the producer is replaced: registering the new one ends it either way, and
/// the tasks are restored to what is committed.
/// </summary>
/// <param name="services">What the threads share.</param>
/// <param name="threadName">Name of the thread, for messages.</param>
/// <param name="consumer">The thread's consumer, whose membership guards the positions.</param>
/// <param name="createProducer">Makes a producer with the thread's transactional id.</param>
/// <param name="counts">Counts of the thread; null: nobody looks.</param>
internal sealed class ExactlyOnceCommit(
    ThreadServices services, string threadName, IKafkaConsumer consumer, Func<IKafkaProducer> createProducer,
    ThreadCounts? counts = null)
    : CommitProtocol
{
    private const int RetryWaitMs = 20;
    private static readonly TimeSpan DrainStep = TimeSpan.FromMilliseconds(100);
    private IKafkaProducer? _producer;
    private Action? _beforeSend;
    private RefusedRecords? _refused;
    private TransactionDeliveries? _deliveries;
    private ThreadTransactionState _state = ThreadTransactionState.Unregistered;
    private bool _isOutcomeUnknown;

    public override IKafkaProducer Producer => _producer ??= createProducer();

    public override Action BeforeSend => _beforeSend ??= Begin;

    public override RefusedRecords Refused => _refused ??= new RefusedRecords(Sent, Poll, AwaitDelivery);

    public override bool IsOpen => _state != ThreadTransactionState.Unregistered;

    public override bool HasOpenTransaction => _state == ThreadTransactionState.Open;

    private TransactionDeliveries Deliveries => _deliveries ??= new TransactionDeliveries(services, threadName, Refused);

    /// <summary>The broker aborts a transaction at its timeout, so everything has to be done some time before.</summary>
    private TimeSpan Limit => services.Options.TransactionTimeout * 0.75;

    public override KafkaClientException? TryOpen()
    {
        try
        {
            Producer.InitTransactions(Limit);
            Move(ThreadTransactionEvent.Registered);
            return null;
        }
        catch (KafkaClientException exception)
        {
            if (exception.Kind != KafkaErrorKind.Retriable)
            {
                DropProducer();
            }

            if (exception.Kind == KafkaErrorKind.Refused)
            {
                throw new StreamsException($"{threadName} cannot process exactly once. {exception.Message}", exception);
            }

            RuntimeLog.RegistrationFailed(services.Logger, exception, threadName);
            return exception;
        }
    }

    public override void Poll()
    {
        Producer.Poll(TimeSpan.Zero);
        Deliveries.ThrowIfAnyFailed(Producer);
    }

    public override void AwaitDelivery()
    {
        var began = services.Time.GetTimestamp();
        var all = false;
        while (!all)
        {
            // In steps: once a record is lost, others may never be sent.
            var left = Limit - services.Time.GetElapsedTime(began);
            all = Producer.Drain(left < TimeSpan.Zero ? TimeSpan.Zero : left < DrainStep ? left : DrainStep);
            Deliveries.ThrowIfAnyFailed(Producer);
            if (!all && left <= TimeSpan.Zero)
            {
                throw new TransactionFailedException(
                    $"Records produced by {threadName} were not acknowledged within {Limit}, three quarters of "
                    + "TransactionTimeout. Is the broker reachable and its disk writable?");
            }
        }

        Sent.Settle();
    }

    public override CommitOutcome Complete(IReadOnlyList<StreamTask> tasks, IReadOnlyList<PartitionOffset> offsets)
    {
        if (offsets.Count > 0)
        {
            Begin();
        }

        if (HasOpenTransaction)
        {
            CommitTransaction(offsets);
        }

        return new CommitOutcome(IsFinal: true, StateCommit.Apply(tasks));
    }

    public override Recovery Abandon(Exception reason)
    {
        if (IsRefused(reason))
        {
            return Recovery.None;
        }

        if (!IsOpen)
        {
            return Recovery.Reopen;
        }

        if (!IsAboutTransaction(reason))
        {
            return Recovery.None;
        }

        if (_isOutcomeUnknown || !TryAbort())
        {
            Lose();
            return Recovery.Reopen;
        }

        // A producer that still aborts is not the one that is broken.
        return reason is KafkaClientException { Kind: KafkaErrorKind.Fatal } ? Recovery.None : Recovery.Rewind;
    }

    public override void Close()
    {
        if (HasOpenTransaction && !_isOutcomeUnknown && !TryAbort())
        {
            Lose();
        }
    }

    public override void Dispose() => DropProducer();

    private void Begin()
    {
        if (_state == ThreadTransactionState.Open)
        {
            return;
        }

        Producer.BeginTransaction();
        Move(ThreadTransactionEvent.Begun);
    }

    private void CommitTransaction(IReadOnlyList<PartitionOffset> offsets)
    {
        var began = services.Time.GetTimestamp();
        try
        {
            if (offsets.Count > 0)
            {
                Retry(began, left =>
                {
                    // The membership as it is now: an earlier one would be refused, or worse, accepted.
                    using var member = consumer.GroupMetadata();
                    Producer.SendOffsetsToTransaction(offsets, member, left);
                });
            }
        }
        catch (KafkaClientException exception)
        {
            throw new TransactionFailedException($"{threadName}: the positions were not accepted. {exception.Message}", exception);
        }

        try
        {
            Retry(began, Producer.CommitTransaction);
        }
        catch (KafkaClientException exception)
        {
            // Only an abortable error promises that the broker has not committed.
            _isOutcomeUnknown = exception.Kind is not (KafkaErrorKind.Abortable or KafkaErrorKind.Migrated);
            throw new TransactionFailedException($"{threadName}: the transaction was not committed. {exception.Message}", exception);
        }

        Move(ThreadTransactionEvent.Ended);
        counts?.Ended(commits: true, services.Time.GetElapsedTime(began));
        Refused.Clear();
    }

    /// <summary>Whether the next attempt would meet the same answer.</summary>
    private static bool IsRefused(Exception reason) =>
        (reason as KafkaClientException ?? reason.InnerException as KafkaClientException)?.Kind == KafkaErrorKind.Refused;

    /// <summary>Whether aborting may mend a failure.</summary>
    private static bool IsAboutTransaction(Exception reason) => reason switch
    {
        TransactionFailedException or TaskMigratedException or TaskCorruptedException => true,
        StateStoreException { IsTransient: true } => true,
        KafkaClientException { Kind: KafkaErrorKind.OffsetOutOfRange } => false,
        KafkaClientException => true,
        { InnerException: KafkaClientException { Kind: KafkaErrorKind.Abortable } } => true,
        _ => false,
    };

    private bool TryAbort()
    {
        try
        {
            Begin();
            var began = services.Time.GetTimestamp();
            Retry(began, Producer.AbortTransaction);
            Move(ThreadTransactionEvent.Ended);
            counts?.Ended(commits: false, services.Time.GetElapsedTime(began));
        }
        catch (KafkaClientException exception)
        {
            RuntimeLog.AbortFailed(services.Logger, exception, threadName);
            return false;
        }

        Deliveries.Settle(Producer);
        Sent.Settle();
        return true;
    }

    private void Retry(long began, Action<TimeSpan> call)
    {
        while (true)
        {
            var left = Limit - services.Time.GetElapsedTime(began);
            try
            {
                call(left > TimeSpan.Zero ? left : TimeSpan.Zero);
                return;
            }
            catch (KafkaClientException exception)
                when (exception.Kind == KafkaErrorKind.Retriable && left > TimeSpan.Zero)
            {
                RuntimeLog.TransactionRetried(services.Logger, exception, threadName);
                CancellationToken.None.WaitHandle.WaitOne(RetryWaitMs);
            }
        }
    }

    private void Lose()
    {
        Move(ThreadTransactionEvent.Lost);
        _isOutcomeUnknown = false;
        DropProducer();
    }

    private void DropProducer()
    {
        _producer?.Dispose();
        _producer = null;
        Sent.Restart();
    }

    private void Move(ThreadTransactionEvent happened)
    {
        _state = ThreadTransactionStates.Next(_state, happened)
            ?? throw new UnreachableException($"{threadName}: a transaction that is {_state} cannot take {happened}.");
        counts?.SetTransaction(HasOpenTransaction);
    }
}
