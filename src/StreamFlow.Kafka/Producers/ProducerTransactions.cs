using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Producers;

/// <summary>Runs one producer's transactions and says what each error means.</summary>
internal sealed class ProducerTransactions
{
    private const int AbortStepMs = 20;

    private readonly string _id;
    private readonly TimeSpan _transactionTimeout;
    private readonly NativeProducer _native;
    private readonly DeliveryReports _reports;
    private readonly TimeProvider _time;
    private ProducerTransactionState _state;
    private string _reason = string.Empty;

    internal ProducerTransactions(ProducerRole role, NativeProducer native, DeliveryReports reports, TimeProvider time)
    {
        _id = role.TransactionalId!;
        _transactionTimeout = role.TransactionTimeout;
        _native = native;
        _reports = reports;
        _time = time;
    }

    internal void Init(TimeSpan timeout)
    {
        Expect(ProducerTransactionEvent.Initialized, "init");
        // While librdkafka does not know the brokers it looks for the coordinator in vain, and then only after half a second
        // again. An error here comes again below.
        var start = _time.GetTimestamp();
        _ = _native.AwaitBrokers(Timeouts.Milliseconds(timeout));
        var left = Timeouts.Milliseconds(timeout - _time.GetElapsedTime(start));
        var error = _native.InitTransactions(Math.Max(1, left));
        Check("init", error, Errors.RegistrationKind(error), Errors.RegistrationRemedy(error.Code, _transactionTimeout));
        Move(ProducerTransactionEvent.Initialized);
    }

    internal void Begin()
    {
        Expect(ProducerTransactionEvent.Begun, "begin");
        Check("begin", _native.BeginTransaction());
        Move(ProducerTransactionEvent.Begun);
    }

    internal void SendOffsets(IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        ArgumentNullException.ThrowIfNull(group);
        Expect(ProducerTransactionEvent.OffsetsSent, "send the offsets");
        if (offsets.Count == 0)
        {
            return;
        }

        if (group is not MemberMetadata member)
        {
            throw new ArgumentException("The metadata comes from another kind of client.", nameof(group));
        }

        // Offsets sent while records are on their way make the coordinator wait, and librdkafka back off 100 ms.
        var start = _time.GetTimestamp();
        DrainOrThrow("send the offsets", timeout);
        var left = timeout - _time.GetElapsedTime(start);
        var leftMs = Math.Max(1, Timeouts.Milliseconds(left));
        Check("send the offsets", _native.SendOffsets(offsets, member.Handle, leftMs));
    }

    internal void Commit(TimeSpan timeout)
    {
        Expect(ProducerTransactionEvent.CommitBegun, "commit");
        var start = _time.GetTimestamp();
        DrainOrThrow("commit", timeout);
        Move(ProducerTransactionEvent.CommitBegun);
        var left = timeout - _time.GetElapsedTime(start);
        Check("commit", _native.CommitTransaction(Math.Max(1, Timeouts.Milliseconds(left))));
        Move(ProducerTransactionEvent.Committed);
    }

    /// <summary>
    /// Aborts. librdkafka purges the queued records itself (a purge of ours would leave a gap in the sequence numbers),
    /// but then waits for their reports, which are ours to take: so it is called in short turns until it is through.
    /// </summary>
    internal void Abort(TimeSpan timeout)
    {
        Expect(ProducerTransactionEvent.AbortBegun, "abort");
        Move(ProducerTransactionEvent.AbortBegun);
        _reports.Aborting = true;
        try
        {
            var start = _time.GetTimestamp();
            while (true)
            {
                var left = Timeouts.Milliseconds(timeout - _time.GetElapsedTime(start));
                var step = _native.Outstanding > 0 ? Math.Min(AbortStepMs, left) : left;
                var error = _native.AbortTransaction(Math.Max(1, step));
                _native.Poll(_reports, 0);
                if (!error.IsError)
                {
                    break;
                }

                if (!error.IsRetriable || error.IsFatal || left == 0)
                {
                    Check("abort", error);
                }
            }

            _reports.Clear();
            Move(ProducerTransactionEvent.Aborted);
        }
        finally
        {
            _reports.Aborting = false;
        }
    }

    /// <summary>A record of this transaction was not accepted: committing would lose it.</summary>
    internal void MarkForAbort(string reason)
    {
        if (_state is ProducerTransactionState.Open or ProducerTransactionState.MustAbort)
        {
            _reason = reason;
            Move(ProducerTransactionEvent.RecordRefused);
        }
    }

    private void DrainOrThrow(string operation, TimeSpan timeout)
    {
        if (!Outbox.Drain(_native, _reports, null, _time, timeout))
        {
            throw new KafkaClientException(
                $"Transaction '{_id}': cannot {operation} yet: {_native.Outstanding} records are not acknowledged "
                + $"after {timeout}.",
                KafkaErrorKind.Retriable);
        }
    }

    /// <summary>Throws when the operation is not possible now, before anything is done.</summary>
    private void Expect(ProducerTransactionEvent @event, string operation)
    {
        if (_state == ProducerTransactionState.Failed)
        {
            throw new KafkaClientException(
                $"Transaction '{_id}': cannot {operation}, the producer has failed: {_reason}", KafkaErrorKind.Fatal);
        }

        if (_state == ProducerTransactionState.MustAbort && @event != ProducerTransactionEvent.AbortBegun)
        {
            throw new KafkaClientException(
                $"Transaction '{_id}': cannot {operation}, it must be aborted: {_reason}", KafkaErrorKind.Abortable);
        }

        _ = ProducerTransactionStates.Next(_state, @event);
    }

    private void Check(string operation, in NativeError error) => Check(operation, error, Errors.TransactionKind(error));

    private void Check(string operation, in NativeError error, KafkaErrorKind kind, string remedy = "")
    {
        if (!error.IsError)
        {
            return;
        }

        if (kind != KafkaErrorKind.Retriable)
        {
            _reason = error.Text;
            Move(kind is KafkaErrorKind.Fatal or KafkaErrorKind.Refused
                ? ProducerTransactionEvent.Failed
                : ProducerTransactionEvent.AbortRequired);
        }

        throw Errors.Exception($"Transaction '{_id}': cannot {operation}", error, kind, remedy);
    }

    private void Move(ProducerTransactionEvent @event) => _state = ProducerTransactionStates.Next(_state, @event);
}
