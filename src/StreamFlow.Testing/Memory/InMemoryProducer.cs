using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

/// <summary>
/// A producer of an in-memory cluster. A record is in the log as soon as it is handed over, unless a fault holds it
/// back; its acknowledgement reaches the owner at the next <see cref="Poll"/> or <see cref="Drain"/>, as with Kafka.
/// </summary>
internal sealed class InMemoryProducer : IKafkaProducer
{
    private readonly MemoryCluster _cluster;
    private readonly ProducerRole _role;
    private readonly Dictionary<string, InMemoryProducerTopic> _topics = new(StringComparer.Ordinal);
    private readonly Queue<UnsentRecord> _unsent = new();
    private readonly Queue<DeliveryReport> _reports = new();
    private readonly Queue<DeliveryFailure> _failures = new();
    private ProducerState _state;
    private string _fatalReason = "it is closed";
    private int _epoch = -1;
    private long _taken;
    private bool _commitSent;

    public InMemoryProducer(MemoryCluster cluster, ProducerRole role)
    {
        _cluster = cluster;
        _role = role;
        _state = role.TransactionalId is null ? ProducerState.Plain : ProducerState.Unregistered;
    }

    public ProducerTopic Topic(string name)
    {
        lock (_cluster.Gate)
        {
            ThrowIfFatal();
            if (!_topics.TryGetValue(name, out var topic))
            {
                _topics[name] = topic = new InMemoryProducerTopic(_cluster, _cluster.TopicOrCreate(name));
            }

            return topic;
        }
    }

    public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        ArgumentNullException.ThrowIfNull(topic);
        var target = new TopicPartition(topic.Name, partition);
        lock (_cluster.Gate)
        {
            _cluster.ExpireTransactions();
            ThrowIfCannotProduce(target);
            if (!_topics.TryGetValue(topic.Name, out var own) || own != topic)
            {
                throw new ArgumentException($"Topic '{topic.Name}' was looked up at another producer.", nameof(topic));
            }

            _cluster.Log(target);
            SendDue();
            if (_unsent.Count + _reports.Count >= _cluster.Options.ProducerQueueCapacity)
            {
                return false;
            }

            var fault = _cluster.Faults.Take(ClientCall.Produce, _role.ClientId, topic.Name);
            if (fault is { IsQueueFull: true })
            {
                return false;
            }

            _unsent.Enqueue(new UnsentRecord(
                own, target, record.Timestamp, record.HasKey ? record.Key.ToArray() : null,
                record.HasValue ? record.Value.ToArray() : null, headers, _taken++, fault,
                _cluster.Time.GetUtcNow() + (fault?.Delay ?? TimeSpan.Zero)));
            SendDue();
            return true;
        }
    }

    public void Poll(TimeSpan timeout)
    {
        lock (_cluster.Gate)
        {
            _cluster.WaitUntil(
                () =>
                {
                    SendDue();
                    return _reports.Count > 0 || _unsent.Count == 0;
                },
                timeout);
            ServeReports();
        }
    }

    public bool Drain(TimeSpan timeout)
    {
        lock (_cluster.Gate)
        {
            var isEmpty = _cluster.WaitUntil(IsAllSent, timeout);
            ServeReports();
            return isEmpty;
        }
    }

    public bool TryTakeFailure(out DeliveryFailure failure) => _failures.TryDequeue(out failure);

    public void InitTransactions(TimeSpan timeout)
    {
        Require(ProducerEvent.Registered, nameof(InitTransactions));
        _epoch = Call(
            ClientCall.InitTransactions, timeout,
            () => _cluster.Transactions.Register(_role.TransactionalId!, _role.TransactionTimeout));
        Move(ProducerEvent.Registered);
    }

    public void BeginTransaction()
    {
        Require(ProducerEvent.Begun, nameof(BeginTransaction));
        _commitSent = false;
        Move(ProducerEvent.Begun);
    }

    public void SendOffsetsToTransaction(
        IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        var member = group as InMemoryGroupMetadata
            ?? throw new ArgumentException("The metadata is not from a consumer of this cluster.", nameof(group));
        Require(ProducerEvent.Committed, nameof(SendOffsetsToTransaction));
        Call(ClientCall.SendOffsetsToTransaction, timeout, () =>
        {
            ThrowIfFenced();
            var target = _cluster.Group(member.GroupId);
            target.CheckMember(member.MemberId, member.Generation, transactional: true);
            var transaction = _cluster.Transactions.Join(_role.TransactionalId!);
            foreach (var offset in offsets)
            {
                transaction.Offsets.Add((target, offset));
                target.AddPending(offset);
            }

            return true;
        });
    }

    public void CommitTransaction(TimeSpan timeout)
    {
        Require(ProducerEvent.Committed, nameof(CommitTransaction));
        Call(ClientCall.CommitTransaction, timeout, () =>
        {
            if (!_cluster.WaitUntil(IsAllSent, timeout))
            {
                throw new KafkaClientException(
                    $"Records of '{_role.ClientId}' were not acknowledged within {timeout}.", KafkaErrorKind.Retriable);
            }

            ThrowIfFenced();
            Require(ProducerEvent.Committed, nameof(CommitTransaction));
            _commitSent = true;
            _cluster.Transactions.End(_role.TransactionalId!, TransactionOutcome.Committed);
            return true;
        });
        Move(ProducerEvent.Committed);
    }

    public void AbortTransaction(TimeSpan timeout)
    {
        Require(ProducerEvent.Aborted, nameof(AbortTransaction));
        if (_commitSent)
        {
            MoveToFatal("the transaction was to be aborted after a commit whose outcome is unknown");
            ThrowIfFatal();
        }

        Call(ClientCall.AbortTransaction, timeout, () =>
        {
            ThrowIfFenced();
            _unsent.Clear();
            _cluster.Transactions.End(_role.TransactionalId!, TransactionOutcome.Aborted);
            return true;
        });
        Move(ProducerEvent.Aborted);
    }

    /// <summary>Drops what was not sent yet, as the end of a process does; an open transaction stays open.</summary>
    public void Dispose()
    {
        lock (_cluster.Gate)
        {
            _unsent.Clear();
            _state = ProducerState.Fatal;
        }
    }

    private bool IsAllSent()
    {
        SendDue();
        return _unsent.Count == 0;
    }

    private void SendDue()
    {
        while (_unsent.TryPeek(out var next) && next.DueAt <= _cluster.Time.GetUtcNow())
        {
            _unsent.Dequeue();
            Send(next);
        }
    }

    private void Send(UnsentRecord record)
    {
        if (_state == ProducerState.Fatal || IsFenced())
        {
            MoveToFatal("a newer producer with the same transactional id fenced it");
            Report(record, -1, KafkaErrorKind.Fatal, "PRODUCER_FENCED: " + _fatalReason);
        }
        else if (record.Size > _cluster.Topic(record.Target.Topic).MaxMessageBytes)
        {
            Report(record, -1, KafkaErrorKind.Refused, $"MSG_SIZE_TOO_LARGE: the record has {record.Size} bytes.");
        }
        else if (record.Fault is { Kind: not null, AfterEffect: false } fault)
        {
            Report(record, -1, fault.Kind.Value, fault.ToException(_role.ClientId).Message);
        }
        else
        {
            var transaction = _role.TransactionalId is { } id ? _cluster.Transactions.Join(id) : null;
            var offset = _cluster.Append(
                record.Target, record.Timestamp, record.Key, record.Value, record.Headers, transaction);
            var kind = record.Fault?.Kind;
            Report(record, offset, kind, kind is null ? null : record.Fault!.ToException(_role.ClientId).Message);
        }
    }

    private void Report(UnsentRecord record, long offset, KafkaErrorKind? kind, string? reason)
    {
        _reports.Enqueue(new DeliveryReport(record, offset, kind, reason));
        if (kind == KafkaErrorKind.Fatal)
        {
            MoveToFatal(reason!);
        }
        else if (kind is not null && _role.TransactionalId is not null)
        {
            // Whatever the reason: a transaction that lost a record must not commit.
            Move(ProducerEvent.AbortableError);
        }
    }

    private void ServeReports()
    {
        while (_reports.TryDequeue(out var report))
        {
            if (report.Kind is { } kind)
            {
                _failures.Enqueue(report.ToFailure(kind));
            }
            else
            {
                report.Record.Topic.Delivered(report.Record.Target.Partition, report.Offset);
            }
        }
    }

    private T Call<T>(ClientCall call, TimeSpan timeout, Func<T> effect)
    {
        try
        {
            return _cluster.Call(call, _role.ClientId, timeout, effect);
        }
        catch (KafkaClientException error)
        {
            switch (error.Kind)
            {
                case KafkaErrorKind.Fatal or KafkaErrorKind.Refused:
                    MoveToFatal(error.Message);
                    break;
                case KafkaErrorKind.Abortable or KafkaErrorKind.Migrated when _state == ProducerState.InTransaction:
                    Move(ProducerEvent.AbortableError);
                    break;
            }

            throw;
        }
    }

    private bool IsFenced() =>
        _role.TransactionalId is { } id && !_cluster.Transactions.IsCurrent(id, _epoch);

    private void ThrowIfFenced()
    {
        if (IsFenced())
        {
            throw Error(
                "PRODUCER_FENCED: a newer producer has its transactional id, or its transaction timed out",
                KafkaErrorKind.Fatal);
        }
    }

    private void ThrowIfCannotProduce(TopicPartition target)
    {
        ThrowIfFatal();
        if (_state is ProducerState.MustAbort)
        {
            throw Error($"the transaction must be aborted before a record goes to {target}", KafkaErrorKind.Abortable);
        }

        if (_state is not (ProducerState.Plain or ProducerState.InTransaction))
        {
            throw Error($"there is no transaction for a record to {target}", KafkaErrorKind.Fatal);
        }
    }

    private void ThrowIfFatal()
    {
        if (_state == ProducerState.Fatal)
        {
            throw Error(_fatalReason, KafkaErrorKind.Fatal);
        }
    }

    private void Require(ProducerEvent @event, string operation)
    {
        ThrowIfFatal();
        if (ProducerLife.Next(_state, @event) is null)
        {
            throw _state == ProducerState.MustAbort
                ? Error($"{operation} is not possible, the transaction must be aborted", KafkaErrorKind.Abortable)
                : Error($"{operation} is not possible, it is {_state}", KafkaErrorKind.Fatal);
        }
    }

    private void MoveToFatal(string reason)
    {
        if (_state != ProducerState.Fatal)
        {
            _fatalReason = reason;
            Move(ProducerEvent.FatalError);
        }
    }

    private void Move(ProducerEvent @event) =>
        _state = ProducerLife.Next(_state, @event)
            ?? throw new InvalidOperationException($"A producer that is {_state} cannot see {@event}.");

    private KafkaClientException Error(string reason, KafkaErrorKind kind) =>
        new($"Producer '{_role.ClientId}': {Sentences.End(reason)}", kind);
}
