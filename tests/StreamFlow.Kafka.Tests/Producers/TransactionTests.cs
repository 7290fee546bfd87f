using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;
using StreamFlow.Kafka.Producers;
using StreamFlow.Kafka.Tests.Interop;
using StreamFlow.Kafka.Tests.Support;

namespace StreamFlow.Kafka.Tests.Producers;

/// <summary>Transactions, with every class of error a broker may answer.</summary>
public sealed class TransactionTests : IDisposable
{
    private static readonly TopicPartition Source = new("source", 0);
    private readonly MockCluster _cluster = new();
    private readonly KafkaClients _clients;
    private readonly IKafkaConsumer _member;
    private readonly FollowingListener _listener = new();

    public TransactionTests()
    {
        _cluster.CreateTopic("source", 1);
        _cluster.CreateTopic("t", 2);
        _clients = TestClients.For(_cluster.BootstrapServers);
        _member = _clients.Member("g");
        _member.Subscribe(["source"], ["source"], _listener);
        _member.PollUntil(() => _listener.Owned.Count == 1, "the assignment");
    }

    public void Dispose()
    {
        _member.Dispose();
        _cluster.Dispose();
    }

    [Fact]
    public void Transactions_commit_and_abort_in_turn()
    {
        using var producer = Initialized();
        for (var i = 0; i < 5; i++)
        {
            producer.BeginTransaction();
            producer.Send("t", 0, "k", "v");
            SendOffsets(producer, i);
            producer.CommitTransaction(TestClients.Deadline);
            producer.BeginTransaction();
            producer.Send("t", 0, "k", "v");
            producer.AbortTransaction(TestClients.Deadline);
        }

        Assert.False(producer.TryTakeFailure(out _));
        Assert.True(producer.Topic("t").LastDeliveredOffset(0) >= 4);
    }

    [Fact]
    public void Abort_gives_up_a_full_queue_and_reports_none_of_it()
    {
        using var producer = Initialized();
        producer.BeginTransaction();
        producer.Send("t", 0, "k", "v");
        Assert.True(producer.Drain(TestClients.Deadline));
        _cluster.SetRoundTripTime(300);
        for (var i = 0; i < 20_000; i++)
        {
            producer.Send("t", i % 2, "k", "v");
        }

        producer.AbortTransaction(TestClients.Deadline);
        _cluster.SetRoundTripTime(0);
        Assert.False(producer.TryTakeFailure(out _));
        AssertWorks(producer);
    }

    [Theory]
    [InlineData(ErrorCode.IllegalGeneration)]
    [InlineData(ErrorCode.UnknownMemberId)]
    [InlineData(ErrorCode.FencedInstanceId)]
    public void Offsets_of_a_member_that_is_no_longer_one_are_answered_with_migrated(object code)
    {
        using var producer = Initialized();
        producer.BeginTransaction();
        producer.Send("t", 0, "k", "v");
        Assert.True(producer.Drain(TestClients.Deadline));
        _cluster.PushErrors(ApiKey.TxnOffsetCommit, (int)code);
        var error = Assert.Throws<KafkaClientException>(() => SendOffsets(producer, 1));
        Assert.Equal(KafkaErrorKind.Migrated, error.Kind);

        error = Assert.Throws<KafkaClientException>(() => producer.CommitTransaction(TestClients.Deadline));
        Assert.Equal(KafkaErrorKind.Abortable, error.Kind);
        producer.AbortTransaction(TestClients.Deadline);
        AssertWorks(producer);
    }

    [Theory]
    [InlineData((int)ApiKey.AddPartitionsToTxn, 120)]
    [InlineData((int)ApiKey.Produce, 10)]
    [InlineData((int)ApiKey.Produce, 87)]
    public void Error_of_a_record_can_be_aborted(int api, int code)
    {
        using var producer = Initialized();
        producer.BeginTransaction();
        _cluster.PushErrors((ApiKey)api, code);
        producer.Send("t", 0, "k", "v");
        var error = Assert.Throws<KafkaClientException>(() => producer.CommitTransaction(TestClients.Deadline));
        Assert.Equal(KafkaErrorKind.Abortable, error.Kind);
        producer.AbortTransaction(TestClients.Deadline);
        Assert.Equal(api == (int)ApiKey.Produce, producer.TryTakeFailure(out _));
        AssertWorks(producer);
    }

    [Theory]
    [InlineData((int)ApiKey.AddPartitionsToTxn, (int)ErrorCode.InvalidProducerEpoch)]
    [InlineData((int)ApiKey.AddPartitionsToTxn, (int)ErrorCode.ProducerFenced)]
    [InlineData((int)ApiKey.EndTxn, (int)ErrorCode.InvalidProducerEpoch)]
    [InlineData((int)ApiKey.EndTxn, (int)ErrorCode.ProducerFenced)]
    public void Fenced_producer_is_fatal_for_every_later_call(int api, int code)
    {
        using var producer = Initialized();
        producer.BeginTransaction();
        _cluster.PushErrors((ApiKey)api, code);
        producer.Send("t", 0, "k", "v");
        Assert.Equal(KafkaErrorKind.Fatal, Kind(() => producer.CommitTransaction(TestClients.Deadline)));
        Assert.Equal(KafkaErrorKind.Fatal, Kind(() => producer.AbortTransaction(TestClients.Deadline)));
        Assert.Equal(KafkaErrorKind.Fatal, Kind(producer.BeginTransaction));
        using var next = Initialized();
        AssertWorks(next);
    }

    [Theory]
    [InlineData((int)ApiKey.TxnOffsetCommit, (int)ErrorCode.CoordinatorLoadInProgress)]
    [InlineData((int)ApiKey.EndTxn, (int)ErrorCode.CoordinatorNotAvailable)]
    [InlineData((int)ApiKey.AddPartitionsToTxn, (int)ErrorCode.ConcurrentTransactions)]
    public void Error_that_passes_is_not_seen(int api, int code)
    {
        using var producer = Initialized();
        producer.BeginTransaction();
        _cluster.PushErrors((ApiKey)api, code, code);
        producer.Send("t", 0, "k", "v");
        SendOffsets(producer, 1);
        producer.CommitTransaction(TestClients.Deadline);
        AssertWorks(producer);
    }

    [Theory]
    [InlineData(31, "IdempotentWrite")]
    [InlineData(50, "The transaction timeout of 30000 ms is not from 1 ms to the broker's")]
    [InlineData(53, "rights Write and Describe on this transactional id")]
    public void Registration_that_will_never_be_granted_says_so_with_the_remedy(int code, string remedy)
    {
        using var producer = _clients.Producer("tx");
        _cluster.PushErrors(ApiKey.InitProducerId, code);
        var error = Assert.Throws<KafkaClientException>(() => producer.InitTransactions(TestClients.Deadline));
        Assert.Equal(KafkaErrorKind.Refused, error.Kind);
        Assert.StartsWith("Transaction 'tx': cannot init: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
        using var next = Initialized();
        AssertWorks(next);
    }

    [Theory]
    [InlineData((int)ErrorCode.UnsupportedVersion)]
    [InlineData((int)ErrorCode.UnsupportedFeature)]
    public void Broker_without_transactions_is_no_broker_to_wait_for(int code)
    {
        var error = new NativeError((ErrorCode)code, "text", IsFatal: true, IsRetriable: true);
        Assert.Equal(KafkaErrorKind.Refused, Errors.RegistrationKind(error));
        Assert.Contains("2.5 or later", Errors.RegistrationRemedy(error.Code, default), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((int)ApiKey.InitProducerId, (int)ErrorCode.CoordinatorLoadInProgress)]
    [InlineData((int)ApiKey.InitProducerId, (int)ErrorCode.ConcurrentTransactions)]
    [InlineData((int)ApiKey.FindCoordinator, (int)ErrorCode.CoordinatorNotAvailable)]
    public void Registration_waits_for_what_passes(int api, int code)
    {
        using var producer = _clients.Producer("tx");
        _cluster.PushErrors((ApiKey)api, code, code);
        producer.InitTransactions(TestClients.Deadline);
        AssertWorks(producer);
    }

    [Fact]
    public void Commit_that_runs_out_of_time_is_resumed_by_calling_it_again()
    {
        using var producer = Initialized();
        producer.BeginTransaction();
        producer.Send("t", 0, "k", "v");
        Assert.True(producer.Drain(TestClients.Deadline));
        _cluster.SetRoundTripTime(400);
        Assert.Equal(
            KafkaErrorKind.Retriable, Kind(() => producer.CommitTransaction(TimeSpan.FromMilliseconds(50))));
        producer.CommitTransaction(TestClients.Deadline);
        _cluster.SetRoundTripTime(0);
        AssertWorks(producer);
    }

    [Fact]
    public void Record_refused_at_once_leaves_its_transaction_in_order()
    {
        using var producer = Initialized();
        producer.BeginTransaction();
        producer.Send("t", 0, "k", "v");
        var topic = producer.Topic("t");
        Assert.Equal(KafkaErrorKind.Refused, Kind(() => producer.TryProduce(
            topic, 0, new ByteRecord { Value = new byte[2_000_000], HasValue = true }, null)));
        Assert.Equal(KafkaErrorKind.Refused, Kind(() => producer.TryProduce(topic, 9, default, null)));
        producer.Send("t", 0, "k", "w");
        SendOffsets(producer, 1);
        producer.CommitTransaction(TestClients.Deadline);
        Assert.Equal(1, topic.LastDeliveredOffset(0));
        AssertWorks(producer);
    }

    [Fact]
    public void Record_refused_by_the_broker_is_reported_also_after_the_abort()
    {
        using var producer = Initialized();
        producer.BeginTransaction();
        _cluster.PushErrors(ApiKey.Produce, (int)ErrorCode.TopicAuthorizationFailed);
        var record = new ByteRecord { Value = "v"u8, HasValue = true };
        Assert.True(producer.TryProduce(producer.Topic("t"), 0, in record, null));
        Assert.Equal(KafkaErrorKind.Abortable, Kind(() => producer.CommitTransaction(TestClients.Deadline)));
        producer.AbortTransaction(TestClients.Deadline);
        Assert.True(producer.TryTakeFailure(out var failure));
        Assert.Equal((KafkaErrorKind.Refused, 0L, true), (failure.Kind, failure.Number, failure.ConcernsTopic));
        AssertWorksSoon(producer);
    }

    [Fact]
    public void Calls_out_of_order_are_refused_without_harm()
    {
        using var producer = _clients.Producer("tx");
        Assert.Throws<InvalidOperationException>(producer.BeginTransaction);
        producer.InitTransactions(TestClients.Deadline);
        Assert.Throws<InvalidOperationException>(() => producer.InitTransactions(TestClients.Deadline));
        Assert.Throws<InvalidOperationException>(() => producer.CommitTransaction(TestClients.Deadline));
        Assert.Throws<InvalidOperationException>(() => producer.AbortTransaction(TestClients.Deadline));
        producer.BeginTransaction();
        Assert.Throws<InvalidOperationException>(producer.BeginTransaction);
        producer.Send("t", 0, "k", "v");
        producer.CommitTransaction(TestClients.Deadline);
        AssertWorks(producer);
    }

    private static KafkaErrorKind Kind(Action action) => Assert.Throws<KafkaClientException>(action).Kind;

    private static void AssertWorks(IKafkaProducer producer)
    {
        producer.BeginTransaction();
        producer.Send("t", 1, "k", "v");
        producer.CommitTransaction(TestClients.Deadline);
        Assert.False(producer.TryTakeFailure(out _));
    }

    /// <summary>A topic that the broker has refused is refused by librdkafka until it has asked about the topic again.</summary>
    private static void AssertWorksSoon(IKafkaProducer producer)
    {
        var works = SpinWait.SpinUntil(
            () =>
            {
                try
                {
                    AssertWorks(producer);
                    return true;
                }
                catch (KafkaClientException exception) when (exception.Kind != KafkaErrorKind.Fatal)
                {
                    producer.AbortTransaction(TestClients.Deadline);
                    return false;
                }
            },
            TestClients.Deadline);
        Assert.True(works);
    }

    private IKafkaProducer Initialized()
    {
        var producer = _clients.Producer("tx");
        producer.InitTransactions(TestClients.Deadline);
        return producer;
    }

    private void SendOffsets(IKafkaProducer producer, long offset)
    {
        using var group = _member.GroupMetadata();
        producer.SendOffsetsToTransaction([new PartitionOffset(Source, offset)], group, TestClients.Deadline);
    }
}
