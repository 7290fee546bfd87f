using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.Testing.Tests.Clients;

public sealed class TransactionTests
{
    private static readonly TopicPartition T0 = new("t", 0);
    private readonly VirtualTime _time = new();
    private readonly InMemoryKafka _kafka;

    public TransactionTests()
    {
        _kafka = new InMemoryKafka(new InMemoryKafkaOptions { Time = _time });
        _kafka.CreateTopic("t");
    }

    [Fact]
    public void Open_transaction_is_visible_to_read_uncommitted_only_and_holds_the_stable_offset()
    {
        using var producer = _kafka.Producer(transactionalId: "tx");
        using var plain = _kafka.Producer("plain");
        producer.SendInTransaction("t", "a");
        plain.Send("t", "b");
        using var committed = _kafka.Consumer("rc", null).Reading(T0, PartitionOffset.Beginning);
        using var uncommitted = _kafka.Consumer("ru", null, readCommitted: false)
            .Reading(T0, PartitionOffset.Beginning);

        Assert.Empty(committed.ReadAll(T0));
        Assert.Equal(["a", "b"], uncommitted.ReadAll(T0));
        Assert.Equal((0, 0, 2), _kafka.Offsets(T0));
        Assert.Equal((0, 0), committed.QueryOffsets(T0, ClientsExtensions.Timeout));
        Assert.Equal((0, 2), uncommitted.QueryOffsets(T0, ClientsExtensions.Timeout));

        producer.CommitTransaction(ClientsExtensions.Timeout);
        Assert.Equal(["a", "b"], committed.ReadAll(T0));
    }

    [Fact]
    public void Marker_takes_an_offset_and_moves_the_position()
    {
        using var producer = _kafka.Producer(transactionalId: "tx");
        producer.SendInTransaction("t", "a");
        producer.CommitTransaction(ClientsExtensions.Timeout);
        using var consumer = _kafka.Consumer("c", null).Reading(T0, PartitionOffset.Beginning);

        Assert.Equal((0, 2, 2), _kafka.Offsets(T0));
        Assert.Equal(["a"], consumer.ReadAll(T0));
        Assert.Equal(2, consumer.Reader(T0).Position);
        Assert.True(consumer.Reader(T0).AtEnd);
    }

    [Fact]
    public void Aborted_records_are_skipped_by_read_committed()
    {
        using var producer = _kafka.Producer(transactionalId: "tx");
        producer.SendInTransaction("t", "a", "b");
        producer.AbortTransaction(ClientsExtensions.Timeout);
        producer.SendInTransaction("t", "c");
        producer.CommitTransaction(ClientsExtensions.Timeout);
        using var committed = _kafka.Consumer("rc", null).Reading(T0, PartitionOffset.Beginning);
        using var uncommitted = _kafka.Consumer("ru", null, readCommitted: false)
            .Reading(T0, PartitionOffset.Beginning);

        Assert.Equal(["c"], committed.ReadAll(T0));
        Assert.Equal(5, committed.Reader(T0).Position);
        Assert.Equal(["a", "b", "c"], uncommitted.ReadAll(T0));
    }

    [Fact]
    public void Empty_transaction_leaves_no_trace()
    {
        using var producer = _kafka.Producer(transactionalId: "tx");
        producer.BeginTransaction();
        producer.CommitTransaction(ClientsExtensions.Timeout);

        Assert.Equal((0, 0, 0), _kafka.Offsets(T0));
    }

    [Fact]
    public void Second_producer_of_an_id_aborts_and_fences_the_first()
    {
        using var old = _kafka.Producer("old", "tx");
        old.SendInTransaction("t", "a");
        using var young = _kafka.Producer("young", "tx");
        young.SendInTransaction("t", "b");

        var error = Assert.Throws<KafkaClientException>(() => old.CommitTransaction(ClientsExtensions.Timeout));
        Assert.Equal(KafkaErrorKind.Fatal, error.Kind);
        Assert.Equal(
            KafkaErrorKind.Fatal,
            Assert.Throws<KafkaClientException>(() => old.AbortTransaction(ClientsExtensions.Timeout)).Kind);
        young.CommitTransaction(ClientsExtensions.Timeout);
        Assert.Equal(["b"], _kafka.Values(T0));
    }

    [Fact]
    public void Record_of_a_fenced_producer_is_a_fatal_delivery_failure()
    {
        using var producer = _kafka.Producer(transactionalId: "tx");
        producer.BeginTransaction();
        _kafka.FenceProducer("tx");

        Assert.True(producer.Send("t", "a"));
        producer.Poll(TimeSpan.Zero);

        Assert.True(producer.TryTakeFailure(out var failure));
        Assert.Equal(KafkaErrorKind.Fatal, failure.Kind);
        Assert.Equal("a", Encoding.UTF8.GetString(failure.Value!));
        Assert.Empty(_kafka.Values(T0, readCommitted: false));
        Assert.Throws<KafkaClientException>(() => producer.Send("t", "b"));
    }

    [Fact]
    public void Transaction_that_outlives_its_timeout_is_aborted_and_its_producer_fenced()
    {
        using var producer = _kafka.Producer(transactionalId: "tx", transactionTimeout: TimeSpan.FromSeconds(10));
        producer.SendInTransaction("t", "a");

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(_kafka.HasOpenTransaction("tx"));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(_kafka.HasOpenTransaction("tx"));
        Assert.Equal((0, 2, 2), _kafka.Offsets(T0));
        var error = Assert.Throws<KafkaClientException>(() => producer.CommitTransaction(ClientsExtensions.Timeout));
        Assert.Equal(KafkaErrorKind.Fatal, error.Kind);
    }

    [Fact]
    public void Offsets_of_a_transaction_count_when_it_commits_and_not_when_it_aborts()
    {
        using var consumer = _kafka.Consumer("c");
        using var producer = _kafka.Producer(transactionalId: "tx");
        producer.BeginTransaction();
        producer.SendOffsetsToTransaction(
            [new PartitionOffset(T0, 5)], consumer.GroupMetadata(), ClientsExtensions.Timeout);
        Assert.Empty(_kafka.CommittedOffsets("group"));
        producer.AbortTransaction(ClientsExtensions.Timeout);
        Assert.Equal(-1, consumer.Committed([T0])[0].Offset);

        producer.BeginTransaction();
        producer.SendOffsetsToTransaction(
            [new PartitionOffset(T0, 7, "meta")], consumer.GroupMetadata(), ClientsExtensions.Timeout);
        producer.CommitTransaction(ClientsExtensions.Timeout);
        Assert.Equal(new PartitionOffset(T0, 7, "meta"), consumer.Committed([T0])[0]);
    }

    [Fact]
    public void Committed_offset_inside_an_open_transaction_is_not_given_out_to_read_committed()
    {
        var kafka = new InMemoryKafka(new InMemoryKafkaOptions { RequestTimeout = TimeSpan.FromMilliseconds(20) });
        kafka.CreateTopic("t");
        kafka.Append(T0, null, "a"u8.ToArray());
        using var consumer = kafka.Consumer("c");
        using var producer = kafka.Producer(transactionalId: "tx");
        producer.BeginTransaction();
        producer.SendOffsetsToTransaction(
            [new PartitionOffset(T0, 1)], consumer.GroupMetadata(), ClientsExtensions.Timeout);

        var error = Assert.Throws<KafkaClientException>(() => consumer.Committed([T0]));
        Assert.Equal(KafkaErrorKind.Retriable, error.Kind);
        consumer.Assign([new PartitionOffset(T0, PartitionOffset.Stored)]);
        consumer.Poll(TimeSpan.Zero);
        Assert.Equal(-1, consumer.Reader(T0).Position);

        producer.CommitTransaction(ClientsExtensions.Timeout);
        consumer.Poll(TimeSpan.Zero);
        Assert.Equal(1, consumer.Reader(T0).Position);
    }

    [Fact]
    public void Transaction_that_lost_a_record_can_only_be_aborted()
    {
        using var producer = _kafka.Producer(transactionalId: "tx");
        _kafka.Faults.Fail(ClientCall.Produce, KafkaErrorKind.Retriable, new() { Nth = 2 });
        producer.SendInTransaction("t", "a", "b");

        var error = Assert.Throws<KafkaClientException>(() => producer.CommitTransaction(ClientsExtensions.Timeout));
        Assert.Equal(KafkaErrorKind.Abortable, error.Kind);
        Assert.Equal(KafkaErrorKind.Abortable, Assert.Throws<KafkaClientException>(() => producer.Send("t", "c")).Kind);
        producer.AbortTransaction(ClientsExtensions.Timeout);
        producer.SendInTransaction("t", "d");
        producer.CommitTransaction(ClientsExtensions.Timeout);
        Assert.Equal(["d"], _kafka.Values(T0));
    }

    [Fact]
    public void Commit_whose_answer_is_lost_is_committed_and_can_be_called_again()
    {
        using var producer = _kafka.Producer(transactionalId: "tx");
        var fault = _kafka.Faults.LoseAnswer(ClientCall.CommitTransaction, KafkaErrorKind.Retriable);
        producer.SendInTransaction("t", "a");

        Assert.Throws<KafkaClientException>(() => producer.CommitTransaction(ClientsExtensions.Timeout));
        Assert.Equal(["a"], _kafka.Values(T0));
        Assert.True(fault.IsSpent);
        producer.CommitTransaction(ClientsExtensions.Timeout);
        producer.SendInTransaction("t", "b");
        producer.CommitTransaction(ClientsExtensions.Timeout);
        Assert.Equal(["a", "b"], _kafka.Values(T0));
    }

    [Fact]
    public void Abort_after_a_commit_of_unknown_outcome_is_fatal()
    {
        using var producer = _kafka.Producer(transactionalId: "tx");
        _kafka.Faults.LoseAnswer(ClientCall.CommitTransaction, KafkaErrorKind.Retriable);
        producer.SendInTransaction("t", "a");
        Assert.Throws<KafkaClientException>(() => producer.CommitTransaction(ClientsExtensions.Timeout));

        var error = Assert.Throws<KafkaClientException>(() => producer.AbortTransaction(ClientsExtensions.Timeout));

        Assert.Equal(KafkaErrorKind.Fatal, error.Kind);
        Assert.Equal(["a"], _kafka.Values(T0));
        Assert.Throws<KafkaClientException>(producer.BeginTransaction);
    }

    [Fact]
    public void Commit_that_failed_before_its_effect_leaves_the_transaction_open()
    {
        using var producer = _kafka.Producer(transactionalId: "tx");
        _kafka.Faults.Fail(ClientCall.CommitTransaction, KafkaErrorKind.Abortable);
        producer.SendInTransaction("t", "a");

        Assert.Throws<KafkaClientException>(() => producer.CommitTransaction(ClientsExtensions.Timeout));
        Assert.True(_kafka.HasOpenTransaction("tx"));
        producer.AbortTransaction(ClientsExtensions.Timeout);
        Assert.Empty(_kafka.Values(T0));
    }

    [Fact]
    public void Operations_out_of_order_are_refused()
    {
        using var unregistered = _kafka.CreateProducer(new ProducerRole("u", "tx-u", TimeSpan.FromMinutes(1)));
        Assert.Throws<KafkaClientException>(unregistered.BeginTransaction);
        using var producer = _kafka.Producer(transactionalId: "tx");
        Assert.Throws<KafkaClientException>(() => producer.Send("t", "a"));
        Assert.Throws<KafkaClientException>(() => producer.CommitTransaction(ClientsExtensions.Timeout));
        producer.BeginTransaction();
        Assert.Throws<KafkaClientException>(producer.BeginTransaction);
        using var plain = _kafka.Producer("plain");
        Assert.Throws<KafkaClientException>(plain.BeginTransaction);
    }
}
