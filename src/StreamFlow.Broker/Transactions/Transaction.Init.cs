
namespace StreamFlow.Broker.Transactions;

/// <content>Who may use the id: epochs, fencing, and the recovery of a producer (KIP-360).</content>
internal sealed partial class Transaction
{
    /// <summary>
    /// Makes the caller the producer of this id and fences every earlier one. An open transaction is aborted first. A
    /// caller that names what it was (KIP-360) is refused if another has taken over since.
    /// </summary>
    /// <param name="expected">What the caller was, or <see cref="ProducerIdentity.None"/>.</param>
    /// <param name="timeoutMs">How long its transactions may take.</param>
    /// <param name="freshProducerId">A new id if <see cref="MayNeedProducerId"/>, else −1.</param>
    /// <param name="request">Answered with the identity.</param>
    /// <param name="now">The time.</param>
    public void InitProducer(
        ProducerIdentity expected, int timeoutMs, long freshProducerId, long request, ClockReading now)
    {
        if (_pending is not null || _waitingInit is not null || State.IsPrepared() || State == TransactionState.Dead)
        {
            Reply([request], ErrorCode.ConcurrentTransactions);
            return;
        }

        var init = new InitRequest(expected, timeoutMs, freshProducerId, request);
        if (State != TransactionState.Ongoing)
        {
            Initialise(init, now);
            return;
        }

        if (expected != ProducerIdentity.None && expected != _current.Producer)
        {
            Reply([request], ErrorCode.ProducerFenced);
            return;
        }

        // Kafka answers CONCURRENT_TRANSACTIONS here and lets the client ask again; one node can let it wait instead.
        _waitingInit = init with { IsVerified = expected != ProducerIdentity.None };
        FenceAndAbort(now);
    }

    private void Initialise(InitRequest init, ClockReading now)
    {
        bool isNew = _current.Producer.ProducerId < 0;
        bool names = init.Expected != ProducerIdentity.None;
        if (names && !isNew && !init.IsVerified)
        {
            if (init.Expected == _current.Previous)
            {
                Reply([init.Request], ErrorCode.None);
                return;
            }

            if (init.Expected != _current.Producer)
            {
                Reply([init.Request], ErrorCode.ProducerFenced);
                return;
            }
        }

        bool isExhausted = isNew || _current.Producer.IsExhausted;
        if (isExhausted && init.FreshProducerId < 0)
        {
            // Epochs ran out after the caller looked; asked again, it brings an id.
            Reply([init.Request], ErrorCode.ConcurrentTransactions);
            return;
        }

        TransactionSnapshot next = Stamp(TransactionEvent.ProducerInitialised, now) with
        {
            Producer = isExhausted ? new ProducerIdentity(init.FreshProducerId, 0) : _current.Producer.Next(),
            Previous = names && !isNew ? init.Expected : ProducerIdentity.None,
            Version = TransactionVersion.V0,
            TimeoutMs = init.TimeoutMs,
            Partitions = [],
            MustAbort = false,
            StartMs = -1,
        };
        Persist(new Change(next, [init.Request], []));
    }

    /// <param name="Expected">What the caller was.</param>
    /// <param name="TimeoutMs">The timeout of its transactions.</param>
    /// <param name="FreshProducerId">For a first producer, or when epochs run out.</param>
    /// <param name="Request">To be answered.</param>
    /// <param name="IsVerified">What it was has been checked before its transaction was aborted.</param>
    private sealed record InitRequest(
        ProducerIdentity Expected, int TimeoutMs, long FreshProducerId, long Request, bool IsVerified = false);
}
