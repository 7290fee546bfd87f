using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Transactions;

/// <summary>The second version of the transaction protocol (KIP-890): an epoch for every transaction.</summary>
public sealed class TransactionVersion2Tests
{
    private readonly TransactionHarness _tx = new() { Version = TransactionVersion.V2 };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void End_raises_the_epoch_marks_with_it_and_answers_it(bool commit)
    {
        ProducerIdentity producer = _tx.Begun();
        long request = _tx.End(producer, commit);
        _tx.Stored();

        WriteMarkers markers = _tx.Marked();

        Assert.Equal((producer.Next(), commit), (markers.Producer, markers.Commit));
        Assert.Equal([TransactionHarness.A, TransactionHarness.B], markers.Partitions);
        _tx.Stored();
        Assert.Equal(producer.Next(), _tx.Reply(request)!.Producer);
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.Add(producer, TransactionHarness.A)));
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Transaction.CheckOffsetCommit(producer, TransactionHarness.A));
        long next = _tx.Add(producer.Next(), TransactionHarness.A);
        _tx.Stored();
        Assert.Equal(ErrorCode.None, _tx.Error(next));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void End_repeated_with_the_old_epoch_gets_the_same_answer_and_the_other_outcome_none(bool commit)
    {
        ProducerIdentity producer = _tx.Begun();
        _tx.End(producer, commit);
        _tx.Stored();
        Assert.Equal(ErrorCode.ConcurrentTransactions, _tx.Error(_tx.End(producer, commit)));
        Assert.Equal(ErrorCode.InvalidTxnState, _tx.Error(_tx.End(producer, !commit)));
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.End(producer.Next(), commit)));
        _tx.Settle();

        long again = _tx.End(producer, commit);

        Assert.Equal(producer.Next(), _tx.Reply(again)!.Producer);
        Assert.Empty(_tx.Effects.OfType<PersistTransaction>());
        Assert.Equal(ErrorCode.InvalidTxnState, _tx.Error(_tx.End(producer, !commit)));
        _tx.Restart();
        Assert.Equal(producer.Next(), _tx.Reply(_tx.End(producer, commit))!.Producer);
        Assert.Equal(
            ErrorCode.InvalidProducerIdMapping, _tx.Error(_tx.End(producer with { ProducerId = 7 }, commit)));
    }

    [Fact]
    public void End_of_nothing_may_abort_and_raises_the_epoch_but_may_not_commit()
    {
        ProducerIdentity empty = _tx.Initialised();
        Assert.Equal(ErrorCode.InvalidTxnState, _tx.Error(_tx.End(empty, commit: true)));
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.End(empty.Next(), commit: false)));
        long first = _tx.End(empty, commit: false);
        _tx.Settle();
        Assert.Equal(empty.Next(), _tx.Reply(first)!.Producer);
        long second = _tx.End(empty.Next(), commit: false);
        _tx.Stored();
        Assert.Empty(_tx.Marked().Partitions);
        _tx.Settle();
        Assert.Equal(empty.Next().Next(), _tx.Reply(second)!.Producer);
        Assert.Equal(ErrorCode.InvalidTxnState, _tx.Error(_tx.End(_tx.Producer, commit: true)));
        Assert.Equal(TransactionState.CompleteAbort, _tx.State);
    }

    [Fact]
    public void End_takes_a_fresh_producer_id_once_the_markers_are_written_when_epochs_run_out()
    {
        var last = new ProducerIdentity(1, ProducerIdentity.ExhaustedEpoch);
        _tx.Restart(new TransactionSnapshot
        {
            Producer = last,
            State = TransactionState.Ongoing,
            Version = TransactionVersion.V2,
            Partitions = [TransactionHarness.A],
            TimeoutMs = 60_000,
            StartMs = _tx.Now.UnixMs,
        });
        long request = _tx.End(last, commit: true);
        _tx.Stored();
        _tx.Restart();
        Assert.Equal(new ProducerIdentity(1, short.MaxValue), _tx.Marked().Producer);
        _tx.Settle();

        Assert.Equal(new ProducerIdentity(100, 0), _tx.Producer);
        Assert.Equal(_tx.Producer, _tx.Reply(_tx.End(last, commit: true))!.Producer);
        Assert.Null(_tx.Reply(request));
    }

    [Fact]
    public void End_without_the_producer_id_that_it_turns_out_to_need_is_to_be_asked_again()
    {
        var last = new ProducerIdentity(1, ProducerIdentity.ExhaustedEpoch);
        _tx.Restart(new TransactionSnapshot { Producer = last, State = TransactionState.Ongoing, TimeoutMs = 1000 });
        _tx.Transaction.End(new EndCommand(last, true, TransactionVersion.V2, -1), 77, _tx.Now);
        _tx.Take();
        Assert.Equal(ErrorCode.ConcurrentTransactions, _tx.Error(77));
    }

    [Fact]
    public void Timeout_fences_the_producer_whose_end_is_then_no_repetition()
    {
        ProducerIdentity producer = _tx.Begun();
        _tx.Tick(TransactionHarness.TimeoutMs);
        _tx.Settle();
        Assert.Equal((TransactionState.CompleteAbort, producer.Next()), (_tx.State, _tx.Producer));
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.End(producer, commit: false)));
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.End(producer, commit: true)));
    }

    [Fact]
    public void Client_of_the_classic_protocol_may_take_the_id_over_and_one_of_version_2_again()
    {
        ProducerIdentity first = _tx.Begun();
        _tx.End(first, commit: true);
        _tx.Settle();
        _tx.Version = TransactionVersion.V0;
        ProducerIdentity classic = _tx.Begun();
        Assert.Equal(first with { Epoch = 2 }, classic);
        long request = _tx.End(classic, commit: false);
        _tx.Settle();
        Assert.Equal(classic, _tx.Reply(request)!.Producer);
        Assert.Equal(ErrorCode.None, _tx.Error(_tx.End(classic, commit: false)));
        _tx.Version = TransactionVersion.V2;
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(_tx.End(first, commit: true)));
        ProducerIdentity second = _tx.Begun();
        _tx.End(second, commit: true);
        _tx.Settle();
        Assert.Equal(second.Next(), _tx.Producer);
    }

    [Fact]
    public void Producer_that_missed_the_answer_to_its_end_gets_its_epoch_from_InitProducerId()
    {
        ProducerIdentity producer = _tx.Begun();
        _tx.End(producer, commit: true);
        _tx.Settle();
        Assert.Equal(producer.Next(), _tx.Reply(_tx.Init(producer))!.Producer);
    }

    [Fact]
    public void Partitions_that_come_while_others_join_are_stored_together_and_all_answered()
    {
        ProducerIdentity producer = _tx.Initialised();
        long first = _tx.Add(producer, TransactionHarness.A);
        long second = _tx.Add(producer, TransactionHarness.B);
        long third = _tx.Add(producer, TransactionHarness.A, TransactionHarness.B);
        long stranger = _tx.Add(producer.Next(), TransactionHarness.B);
        Assert.Equal(ErrorCode.ProducerFenced, _tx.Error(stranger));
        _tx.Stored();
        Assert.Equal(ErrorCode.None, _tx.Error(first));
        Assert.Null(_tx.Reply(second));
        Assert.Equal(ErrorCode.ConcurrentTransactions, _tx.Error(_tx.End(producer, commit: true)));
        _tx.Stored();

        Assert.Equal((ErrorCode.None, ErrorCode.None), (_tx.Error(second), _tx.Error(third)));
        Assert.Equal([TransactionHarness.A, TransactionHarness.B], _tx.Transaction.Current.Partitions);
    }

    [Fact]
    public void Partitions_that_wait_are_tried_by_themselves_when_the_others_were_refused()
    {
        ProducerIdentity producer = _tx.Initialised();
        long refused = _tx.Add(producer, TransactionHarness.A);
        long waiting = _tx.Add(producer, TransactionHarness.B);
        _tx.Only<PersistTransaction>();
        _tx.Transaction.Refused(ErrorCode.RecordListTooLarge, _tx.Now);
        _tx.Take();
        _tx.Settle();
        Assert.Equal((ErrorCode.RecordListTooLarge, ErrorCode.None), (_tx.Error(refused), _tx.Error(waiting)));
        Assert.Equal([TransactionHarness.B], _tx.Transaction.Current.Partitions);
    }

    [Fact]
    public void Verification_tells_what_the_open_transaction_includes()
    {
        ProducerIdentity producer = _tx.Initialised();
        Assert.Equal([ErrorCode.TransactionAbortable], _tx.Transaction.VerifyPartitions(producer, [TransactionHarness.A]));
        _tx.Add(producer, TransactionHarness.A);
        _tx.Settle();
        Assert.Equal(
            [ErrorCode.None, ErrorCode.TransactionAbortable],
            _tx.Transaction.VerifyPartitions(producer, [TransactionHarness.A, TransactionHarness.B]));
        Assert.Equal(
            [ErrorCode.ProducerFenced], _tx.Transaction.VerifyPartitions(producer.Next(), [TransactionHarness.A]));
        _tx.End(producer, commit: true);
        _tx.Stored();
        Assert.Equal(
            [ErrorCode.ConcurrentTransactions],
            _tx.Transaction.VerifyPartitions(_tx.Producer, [TransactionHarness.A]));
    }

    [Fact]
    public void Commit_remembers_where_its_markers_may_be_lost_until_they_are_flushed()
    {
        ProducerIdentity producer = _tx.Begun();
        _tx.End(producer, commit: true);
        _tx.Settle();
        UnfinishedCommit commit = _tx.Transaction.Current.Unfinished!;
        Assert.Equal(producer.Next(), commit.Producer);
        Assert.Equal([TransactionHarness.A, TransactionHarness.B], commit.Partitions);

        _tx.Transaction.Expire(0, _tx.Now);
        Assert.Equal(TransactionState.CompleteCommit, _tx.State);
        _tx.Transaction.MarkersFlushed(commit with { });
        Assert.NotNull(_tx.Transaction.Current.Unfinished);
        _tx.Transaction.MarkersFlushed(commit);
        Assert.Null(_tx.Transaction.Current.Unfinished);
        _tx.Transaction.Expire(0, _tx.Now);
        Assert.Equal(TransactionState.Dead, _tx.State);
    }
}
