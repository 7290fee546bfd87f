using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Transactions;

public sealed class TransactionTests
{
    private readonly TransactionHarness _tx = new();

    [Fact]
    public void InitProducer_first_gets_a_fresh_id_once_it_is_stored()
    {
        long request = _tx.Init();
        Assert.Null(_tx.Reply(request));
        Assert.Equal(51, (int)_tx.Error(_tx.Init())!);

        _tx.Stored();

        Assert.Equal(new ProducerIdentity(100, 0), _tx.Reply(request)!.Producer);
        Assert.Equal(TransactionState.Empty, _tx.State);
    }

    [Fact]
    public void InitProducer_again_raises_the_epoch_and_fences_the_first()
    {
        ProducerIdentity first = _tx.Initialised();
        ProducerIdentity second = _tx.Initialised();

        Assert.Equal(first with { Epoch = 1 }, second);
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.Add(first, TransactionHarness.A)));
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.End(first, commit: true)));
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Transaction.CheckOffsetCommit(first, TransactionHarness.A));
        Assert.Equal(
            ErrorCode.InvalidProducerIdMapping, _tx.Error(_tx.Add(new ProducerIdentity(7, 1), TransactionHarness.A)));
    }

    [Fact]
    public void InitProducer_over_an_open_transaction_aborts_it_with_a_fencing_epoch_before_it_answers()
    {
        ProducerIdentity old = _tx.Begun();
        long request = _tx.Init();
        Assert.Equal(TransactionState.PrepareAbort, _tx.Only<PersistTransaction>().Snapshot.State);
        _tx.Transaction.Persisted(_tx.Now);
        _tx.Take();
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.End(old, commit: true)));
        Assert.Equal(ErrorCode.ConcurrentTransactions, _tx.Error(_tx.Init()));

        WriteMarkers markers = _tx.Marked();

        Assert.Equal((old with { Epoch = 1 }, false), (markers.Producer, markers.Commit));
        Assert.Null(_tx.Reply(request));
        _tx.Settle();
        Assert.Equal(old with { Epoch = 2 }, _tx.Reply(request)!.Producer);
    }

    [Fact]
    public void InitProducer_with_its_own_identity_gets_the_next_epoch_and_on_repetition_the_same()
    {
        ProducerIdentity first = _tx.Initialised();
        long request = _tx.Init(first);
        _tx.Settle();
        ProducerIdentity second = _tx.Reply(request)!.Producer;
        Assert.Equal(first with { Epoch = 1 }, second);

        _tx.Restart();
        Assert.Equal(second, _tx.Reply(_tx.Init(first))!.Producer);
        Assert.Empty(_tx.Effects.OfType<PersistTransaction>());
    }

    [Fact]
    public void InitProducer_with_an_identity_that_was_taken_over_is_fenced()
    {
        ProducerIdentity first = _tx.Initialised();
        _tx.Initialised();

        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.Init(first)));
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.Init(new ProducerIdentity(7, 0))));
    }

    [Fact]
    public void InitProducer_of_a_zombie_leaves_its_successors_open_transaction_alone()
    {
        ProducerIdentity zombie = _tx.Initialised();
        ProducerIdentity owner = _tx.Begun();

        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.Init(zombie)));

        Assert.Equal((TransactionState.Ongoing, owner), (_tx.State, _tx.Producer));
        Assert.Empty(_tx.Effects.OfType<PersistTransaction>());
    }

    [Fact]
    public void InitProducer_with_its_own_identity_aborts_its_open_transaction_and_goes_on()
    {
        ProducerIdentity owner = _tx.Begun();
        long request = _tx.Init(owner);
        _tx.Settle();

        Assert.Equal(owner with { Epoch = 2 }, _tx.Reply(request)!.Producer);
        Assert.Equal(_tx.Producer, _tx.Reply(_tx.Init(owner))!.Producer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void InitProducer_takes_a_fresh_id_when_epochs_run_out(bool isOpen)
    {
        TransactionState state = isOpen ? TransactionState.Ongoing : TransactionState.Empty;
        var last = new ProducerIdentity(1, ProducerIdentity.ExhaustedEpoch);
        _tx.Restart(new TransactionSnapshot { Producer = last, State = state, TimeoutMs = 1000, StartMs = 0 });
        long request = _tx.Init(last);
        _tx.Settle();

        Assert.Equal(new ProducerIdentity(100, 0), _tx.Reply(request)!.Producer);
        Assert.Equal(_tx.Producer, _tx.Reply(_tx.Init(last))!.Producer);
    }

    [Fact]
    public void Nobody_is_the_producer_of_the_last_epoch_which_only_fences()
    {
        var last = new ProducerIdentity(1, ProducerIdentity.ExhaustedEpoch);
        _tx.Restart(new TransactionSnapshot { Producer = last, State = TransactionState.Ongoing, TimeoutMs = 1000, StartMs = 0 });
        _tx.Tick(afterMs: 2000);
        _tx.Settle();
        Assert.Equal(new ProducerIdentity(1, short.MaxValue), _tx.Producer);

        // Who guesses it must not begin a transaction that nothing could end: there is no epoch behind it.
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.Add(_tx.Producer, TransactionHarness.A)));
        _tx.Version = TransactionVersion.V2;
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.End(_tx.Producer, commit: false)));
        _tx.Restart(new TransactionSnapshot { Producer = _tx.Producer, State = TransactionState.Ongoing, TimeoutMs = 1000, StartMs = 0 });
        _tx.Tick(afterMs: 2000);
        _tx.Settle();
        Assert.Equal(TransactionState.CompleteAbort, _tx.State);
    }

    [Fact]
    public void AddPartitions_registers_before_it_answers_and_asks_for_nothing_when_nothing_is_new()
    {
        ProducerIdentity producer = _tx.Initialised();
        _tx.Effects.Clear();
        long request = _tx.Add(producer, TransactionHarness.A, TransactionHarness.A);
        Assert.Empty(_tx.Effects.OfType<RegisterPartitions>());
        _tx.Stored();
        Assert.Equal([typeof(RegisterPartitions), typeof(TransactionReply)], _tx.Effects.Select(x => x.GetType()));
        Assert.Equal([TransactionHarness.A], _tx.Only<RegisterPartitions>().Partitions);
        Assert.Equal(ErrorCode.None, _tx.Error(request));

        Assert.Equal(ErrorCode.None, _tx.Error(_tx.Add(producer, TransactionHarness.A)));
        Assert.Empty(_tx.Effects.OfType<PersistTransaction>());
        _tx.Add(producer, TransactionHarness.A, TransactionHarness.B);
        _tx.Stored();
        Assert.Equal([TransactionHarness.B], _tx.Only<RegisterPartitions>().Partitions);
        Assert.Equal([TransactionHarness.A, TransactionHarness.B], _tx.Transaction.Current.Partitions);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void End_stores_the_decision_writes_markers_and_answers_when_it_is_complete(bool commit)
    {
        ProducerIdentity producer = _tx.Begun();
        long request = _tx.End(producer, commit);
        Assert.Equal(ErrorCode.ConcurrentTransactions, _tx.Error(_tx.End(producer, commit)));
        Assert.Equal(ErrorCode.ConcurrentTransactions, _tx.Error(_tx.Add(producer, TransactionHarness.A)));
        _tx.Stored();
        Assert.Equal(commit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort, _tx.State);
        Assert.Equal(ErrorCode.ConcurrentTransactions, _tx.Error(_tx.End(producer, commit)));
        Assert.Equal(ErrorCode.InvalidTxnState, _tx.Error(_tx.End(producer, !commit)));
        Assert.Equal(ErrorCode.ConcurrentTransactions, _tx.Error(_tx.Add(producer, TransactionHarness.A)));
        Assert.Equal(ErrorCode.ConcurrentTransactions, _tx.Error(_tx.Init()));
        Assert.Equal(
            ErrorCode.ConcurrentTransactions, _tx.Transaction.CheckOffsetCommit(producer, TransactionHarness.A));

        WriteMarkers markers = _tx.Marked();

        Assert.Equal((producer, commit), (markers.Producer, markers.Commit));
        Assert.Equal([TransactionHarness.A, TransactionHarness.B], markers.Partitions);
        Assert.Null(_tx.Reply(request));
        _tx.Stored();
        Assert.Equal(ErrorCode.None, _tx.Error(request));
        Assert.Equal(ErrorCode.None, _tx.Error(_tx.End(producer, commit)));
        Assert.Equal(ErrorCode.InvalidTxnState, _tx.Error(_tx.End(producer, !commit)));
        Assert.Empty(_tx.Transaction.Current.Partitions);
    }

    [Fact]
    public void End_of_nothing_is_an_invalid_state()
    {
        ProducerIdentity producer = _tx.Initialised();
        Assert.Equal(ErrorCode.InvalidTxnState, _tx.Error(_tx.End(producer, commit: true)));
        Assert.Equal(ErrorCode.InvalidTxnState, _tx.Error(_tx.End(producer, commit: false)));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _tx.Error(_tx.End(ProducerIdentity.None, commit: true)));
    }

    [Fact]
    public void Refused_commit_leaves_the_transaction_open_to_be_aborted()
    {
        ProducerIdentity producer = _tx.Begun();
        long commit = _tx.End(producer, commit: true);
        _tx.Only<PersistTransaction>();
        _tx.Transaction.Refused(ErrorCode.KafkaStorageError, _tx.Now);
        _tx.Take();
        Assert.Equal(ErrorCode.KafkaStorageError, _tx.Error(commit));
        Assert.Equal(TransactionState.Ongoing, _tx.State);

        long abort = _tx.End(producer, commit: false);
        _tx.Settle();
        Assert.Equal((ErrorCode.None, TransactionState.CompleteAbort), (_tx.Error(abort), _tx.State));
    }

    [Fact]
    public void MarkersFailed_keeps_the_decision_and_the_restart_writes_them()
    {
        ProducerIdentity producer = _tx.Begun();
        long request = _tx.End(producer, commit: true);
        _tx.Stored();
        _tx.Only<WriteMarkers>();
        _tx.Transaction.MarkersFailed();
        _tx.Take();
        Assert.Equal(ErrorCode.ConcurrentTransactions, _tx.Error(request));
        Assert.Equal(TransactionState.PrepareCommit, _tx.State);

        _tx.Restart();
        Assert.True(_tx.Marked().Commit);
        _tx.Settle();
        Assert.Equal(ErrorCode.None, _tx.Error(_tx.End(producer, commit: true)));
    }

    [Fact]
    public void CheckOffsetCommit_needs_an_open_transaction_that_includes_the_offsets()
    {
        ProducerIdentity producer = _tx.Initialised();
        Assert.Equal(ErrorCode.InvalidTxnState, _tx.Transaction.CheckOffsetCommit(producer, TransactionHarness.A));
        _tx.Add(producer, TransactionHarness.A);
        _tx.Settle();
        Assert.Equal(ErrorCode.None, _tx.Transaction.CheckOffsetCommit(producer, TransactionHarness.A));
        Assert.Equal(ErrorCode.InvalidTxnState, _tx.Transaction.CheckOffsetCommit(producer, TransactionHarness.B));
    }

    [Fact]
    public void CheckOffsetCommit_does_not_wait_for_partitions_that_join_but_for_the_end()
    {
        ProducerIdentity producer = _tx.Initialised();
        _tx.Add(producer, TransactionHarness.A);
        Assert.Equal(
            ErrorCode.ConcurrentTransactions, _tx.Transaction.CheckOffsetCommit(producer, TransactionHarness.A));
        _tx.Settle();
        _tx.Add(producer, TransactionHarness.B);
        Assert.Equal(ErrorCode.None, _tx.Transaction.CheckOffsetCommit(producer, TransactionHarness.A));
        Assert.Equal(
            ErrorCode.ConcurrentTransactions, _tx.Transaction.CheckOffsetCommit(producer, TransactionHarness.B));
        _tx.Settle();
        _tx.End(producer, commit: true);
        Assert.Equal(
            ErrorCode.ConcurrentTransactions, _tx.Transaction.CheckOffsetCommit(producer, TransactionHarness.A));
    }

    [Fact]
    public void Tick_aborts_and_fences_after_the_timeout_not_before()
    {
        ProducerIdentity producer = _tx.Begun();
        _tx.Tick(TransactionHarness.TimeoutMs - 1);
        Assert.Empty(_tx.Effects.OfType<PersistTransaction>());
        _tx.Tick(1);
        _tx.Stored();
        Assert.Equal(producer with { Epoch = 1 }, _tx.Marked().Producer);
        _tx.Settle();

        Assert.Equal(TransactionState.CompleteAbort, _tx.State);
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.End(producer, commit: true)));
    }

    [Fact]
    public void Tick_counts_from_the_begin_whatever_is_added_and_across_a_restart()
    {
        ProducerIdentity producer = _tx.Begun();
        _tx.Tick(TransactionHarness.TimeoutMs / 2);
        _tx.Add(producer, new TransactionPartition("c", 0));
        _tx.Settle();
        _tx.Restart();
        _tx.Tick((TransactionHarness.TimeoutMs / 2) - 1);
        Assert.Empty(_tx.Effects.OfType<PersistTransaction>());
        _tx.Tick(1);
        Assert.Equal(TransactionState.PrepareAbort, _tx.Only<PersistTransaction>().Snapshot.State);
    }

    [Fact]
    public void Expire_removes_an_id_that_is_idle_for_long_and_no_other()
    {
        ProducerIdentity producer = _tx.Begun();
        _tx.Transaction.Expire(0, _tx.Now);
        Assert.Equal(TransactionState.Ongoing, _tx.State);
        _tx.End(producer, commit: true);
        _tx.Settle();
        _tx.NowMs += 99;
        _tx.Transaction.Expire(100, _tx.Now);
        Assert.Equal(TransactionState.CompleteCommit, _tx.State);
        _tx.NowMs += 1;
        _tx.Transaction.Expire(100, _tx.Now);
        _tx.Take();

        Assert.Equal(TransactionState.Dead, _tx.State);
        _tx.Only<DeleteTransaction>();
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _tx.Error(_tx.Add(producer, TransactionHarness.A)));
    }
}
