using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

internal enum TransactionOutcome
{
    Open,
    Committed,
    Aborted,
}

/// <summary>A transaction of one producer epoch, from its first record or offset to its marker.</summary>
internal sealed class Transaction(DateTimeOffset startedAt)
{
    public DateTimeOffset StartedAt { get; } = startedAt;

    public TransactionOutcome Outcome { get; set; }

    /// <summary>Partitions it wrote to; each gets a marker.</summary>
    public HashSet<PartitionLog> Logs { get; } = [];

    public List<(ConsumerGroup Group, PartitionOffset Offset)> Offsets { get; } = [];
}

/// <summary>Transactional ids, their epochs and open transactions. Callers hold the cluster's lock.</summary>
internal sealed class TransactionCoordinator(TimeProvider time, TimeSpan maxTimeout)
{
    private readonly Dictionary<string, Registration> _registrations = new(StringComparer.Ordinal);

    /// <summary>Registers a producer: the next epoch begins, and what an older one left open is aborted.</summary>
    public int Register(string transactionalId, TimeSpan timeout)
    {
        if (timeout > maxTimeout)
        {
            throw new KafkaClientException(
                $"Transaction '{transactionalId}': INVALID_TRANSACTION_TIMEOUT: {Durations.Text(timeout)} is above the cluster's "
                + $"transaction.max.timeout.ms ({Durations.Text(maxTimeout)}): lower TransactionTimeout, or raise the cluster's limit.",
                KafkaErrorKind.Refused);
        }

        if (!_registrations.TryGetValue(transactionalId, out var registration))
        {
            _registrations[transactionalId] = registration = new Registration();
        }

        registration.Timeout = timeout;
        return Fence(registration);
    }

    public bool IsCurrent(string transactionalId, int epoch) =>
        _registrations.TryGetValue(transactionalId, out var registration) && registration.Epoch == epoch;

    public bool IsOpen(string transactionalId) =>
        _registrations.TryGetValue(transactionalId, out var registration) && registration.Open is not null;

    /// <summary>The open transaction of an id; it begins at the broker with its first record or offset.</summary>
    public Transaction Join(string transactionalId)
    {
        var registration = _registrations[transactionalId];
        return registration.Open ??= new Transaction(time.GetUtcNow());
    }

    public void End(string transactionalId, TransactionOutcome outcome)
    {
        var registration = _registrations[transactionalId];
        if (registration.Open is { } transaction)
        {
            registration.Open = null;
            Finish(transaction, outcome);
        }
    }

    public bool TryFence(string transactionalId)
    {
        if (!_registrations.TryGetValue(transactionalId, out var registration))
        {
            return false;
        }

        Fence(registration);
        return true;
    }

    /// <summary>Aborts transactions that outlived their timeout; the epoch moves on, which fences their
    /// producers.</summary>
    /// <returns>Whether there was one.</returns>
    public bool ExpireDue()
    {
        var now = time.GetUtcNow();
        var any = false;
        foreach (var registration in _registrations.Values)
        {
            if (registration.Open is { } open && now - open.StartedAt > registration.Timeout)
            {
                Fence(registration);
                any = true;
            }
        }

        return any;
    }

    private int Fence(Registration registration)
    {
        registration.Epoch++;
        if (registration.Open is { } left)
        {
            registration.Open = null;
            Finish(left, TransactionOutcome.Aborted);
        }

        return registration.Epoch;
    }

    private void Finish(Transaction transaction, TransactionOutcome outcome)
    {
        transaction.Outcome = outcome;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var log in transaction.Logs)
        {
            log.EndTransaction(transaction, now);
        }

        foreach (var (group, offset) in transaction.Offsets)
        {
            group.EndPending(offset, outcome == TransactionOutcome.Committed);
        }
    }

    private sealed class Registration
    {
        public int Epoch { get; set; } = -1;

        public TimeSpan Timeout { get; set; }

        public Transaction? Open { get; set; }
    }
}
