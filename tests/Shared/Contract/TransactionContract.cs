using StreamFlow.Clients;

namespace StreamFlow.ClientContract;

/// <summary>Transactions, fencing, and offsets inside transactions.</summary>
public abstract class TransactionContractTests : ContractBase
{
    [SkippableFact]
    public async Task Read_committed_sees_committed_records_only_and_its_position_passes_the_markers()
    {
        Skip.IfNot(Unavailable is null, Unavailable);
        await CreateTopicAsync("visible", 1);
        var partition = new TopicPartition("visible", 0);
        using var producer = Producer("p", "visible-tx");
        using var committed = Reader(partition, readCommitted: true);
        using var uncommitted = Reader(partition, readCommitted: false);

        InTransaction(producer, "visible", "a");
        producer.AbortTransaction(Timeout);
        InTransaction(producer, "visible", "b");
        Assert.Equal(["a", "b"], Read(uncommitted, partition, 2));
        producer.CommitTransaction(Timeout);

        Assert.Equal(["b"], Read(committed, partition, 1));
        Until(committed, () => Take(committed, partition).Count == 0 && committed.Reader(partition).AtEnd, "the end");
        Assert.Equal(4, committed.Reader(partition).Position);
    }

    [SkippableFact]
    public async Task Query_tells_the_stable_end_to_read_committed_and_the_high_watermark_otherwise()
    {
        Skip.IfNot(Unavailable is null, Unavailable);
        await CreateTopicAsync("ends", 1);
        var partition = new TopicPartition("ends", 0);
        using var producer = Producer("p", "ends-tx");
        using var committed = Reader(partition, readCommitted: true);
        using var uncommitted = Reader(partition, readCommitted: false);
        InTransaction(producer, "ends", "a");

        Assert.Equal((0, 0), committed.QueryOffsets(partition, Timeout));
        Assert.Equal((0, 1), uncommitted.QueryOffsets(partition, Timeout));
        producer.CommitTransaction(Timeout);
        Until(committed, () => committed.QueryOffsets(partition, Timeout) == (0L, 2L), "the marker");
    }

    [SkippableFact]
    public async Task Offsets_of_a_transaction_count_when_it_commits_and_not_when_it_aborts()
    {
        Skip.IfNot(Unavailable is null, Unavailable);
        await CreateTopicAsync("offsets", 1);
        var partition = new TopicPartition("offsets", 0);
        using var member = new Member(Clients, "offsets-member", "offsets-group", "offsets");
        Until(() => member.Leaders.Count == 1, "the assignment", member);
        using var producer = Producer("p", "offsets-tx");

        Until(() => TrySendOffset(producer, member, new PartitionOffset(partition, 5)), "a valid generation", member);
        producer.AbortTransaction(Timeout);
        Assert.Equal(-1, member.Consumer.Committed([partition])[0].Offset);

        producer.BeginTransaction();
        SendOffset(producer, member, new PartitionOffset(partition, 7, "meta"));
        producer.CommitTransaction(Timeout);
        Assert.Equal(new PartitionOffset(partition, 7, "meta"), member.Consumer.Committed([partition])[0]);
    }

    [SkippableFact]
    public async Task Second_producer_of_a_transactional_id_fences_the_first()
    {
        Skip.IfNot(Unavailable is null, Unavailable);
        await CreateTopicAsync("fenced", 1);
        var partition = new TopicPartition("fenced", 0);
        using var old = Producer("old", "fenced-tx");
        InTransaction(old, "fenced", "lost");
        using var young = Producer("young", "fenced-tx");
        InTransaction(young, "fenced", "kept");

        var error = Assert.Throws<KafkaClientException>(() => old.CommitTransaction(Timeout));

        Assert.Equal(KafkaErrorKind.Fatal, error.Kind);
        young.CommitTransaction(Timeout);
        using var reader = Reader(partition, readCommitted: true);
        Assert.Equal(["kept"], Read(reader, partition, 1));
    }

    [SkippableFact]
    public void Timeout_above_the_limit_of_the_broker_is_refused_with_the_remedy()
    {
        Skip.IfNot(Unavailable is null, Unavailable);
        using var producer = Clients.CreateProducer(new ProducerRole("p", "long-tx", TimeSpan.FromMinutes(20)));

        var error = Assert.Throws<KafkaClientException>(() => producer.InitTransactions(Timeout));

        Assert.Equal(KafkaErrorKind.Refused, error.Kind);
        foreach (var part in new[] { "'long-tx'", "INVALID_TRANSACTION_TIMEOUT", "transaction.max.timeout.ms", "lower TransactionTimeout" })
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }

        Assert.Matches("1200000 ms|20 min", error.Message);
    }

    [SkippableFact]
    public async Task Metadata_taken_before_a_rebalance_cannot_commit_after_it()
    {
        Skip.IfNot(Unavailable is null, Unavailable);
        await CreateTopicAsync("stale", 2);
        using var producer = Producer("p", "stale-tx");
        using var a = new Member(Clients, "stale-a", "stale", "stale");
        Until(() => a.Leaders.Count == 2, "a to have all", a);
        using var old = a.Consumer.GroupMetadata();
        using var b = new Member(Clients, "stale-b", "stale", "stale");
        Until(() => a.Leaders.Count == 1 && b.Leaders.Count == 1, "an even share", a, b);
        var offset = new PartitionOffset(new TopicPartition("stale", a.Leaders[0]), 1);

        producer.BeginTransaction();
        var error = Assert.Throws<KafkaClientException>(
            () => producer.SendOffsetsToTransaction([offset], old, Timeout));

        Assert.Equal(KafkaErrorKind.Migrated, error.Kind);
        producer.AbortTransaction(Timeout);
        Until(() => TrySendOffset(producer, a, offset), "a to hear of the last generation", a, b);
        producer.CommitTransaction(Timeout);
        Assert.Equal(1, a.Consumer.Committed([offset.Partition])[0].Offset);
    }
}
