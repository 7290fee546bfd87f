using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.ClientContract;

/// <summary>
/// What the engine relies on in <see cref="IKafkaClients"/>, asked of every implementation alike: each test project that
/// has one links this file and derives from the class.
/// </summary>
public abstract class ClientContractTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(40);

    private protected abstract IKafkaClients Clients { get; }

    [Fact]
    public async Task Delivered_offset_is_that_of_the_last_acknowledged_record()
    {
        await CreateTopicAsync("delivered", 2);
        using var producer = Producer("p");
        var topic = producer.Topic("delivered");
        Send(producer, "delivered", "a", 1);
        Send(producer, "delivered", "b", 1);

        Assert.True(producer.Drain(Timeout));

        Assert.Equal(1, topic.LastDeliveredOffset(1));
        Assert.Equal(-1, topic.LastDeliveredOffset(0));
        Assert.Equal(2, topic.PartitionCount);
        Assert.False(producer.TryTakeFailure(out _));
    }

    [Fact]
    public async Task Read_committed_sees_committed_records_only_and_its_position_passes_the_markers()
    {
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

    [Fact]
    public async Task Query_tells_the_stable_end_to_read_committed_and_the_high_watermark_otherwise()
    {
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

    [Fact]
    public async Task Offsets_of_a_transaction_count_when_it_commits_and_not_when_it_aborts()
    {
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

    [Fact]
    public async Task Second_producer_of_a_transactional_id_fences_the_first()
    {
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

    [Fact]
    public async Task Members_share_the_leaders_read_the_followers_and_inherit_from_who_leaves()
    {
        await CreateTopicAsync("lead", 4);
        await CreateTopicAsync("follow", 4);
        using var producer = Producer("p");
        for (var i = 0; i < 4; i++)
        {
            Send(producer, "follow", "f" + i, i);
        }

        Assert.True(producer.Drain(Timeout));
        using var a = new Member(Clients, "share-a", "share", "lead", "follow");
        Until(() => a.Leaders.Count == 4, "a to have all", a);
        using var b = new Member(Clients, "share-b", "share", "lead", "follow");
        Until(() => a.Leaders.Count == 2 && b.Leaders.Count == 2, "an even share", a, b);

        Assert.Equal([0, 1, 2, 3], a.Leaders.Concat(b.Leaders).Order());
        var theirs = b.Leaders[0];
        Assert.Equal(["f" + theirs], Read(b.Consumer, new TopicPartition("follow", theirs), 1));
        b.Consumer.Close();
        Until(() => a.Leaders.Count == 4, "a to inherit", a);
    }

    [Fact]
    public async Task Metadata_taken_before_a_rebalance_cannot_commit_after_it()
    {
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

    [Fact]
    public async Task Deleted_records_move_the_beginning_and_seek_finds_the_rest()
    {
        await CreateTopicAsync("deleted", 1);
        var partition = new TopicPartition("deleted", 0);
        using var producer = Producer("p");
        Send(producer, "deleted", "a");
        Send(producer, "deleted", "b");
        Send(producer, "deleted", "c");
        Assert.True(producer.Drain(Timeout));
        using var admin = Clients.CreateAdmin("admin");
        using var reader = Reader(partition, readCommitted: true);
        Assert.Equal(["a", "b", "c"], Read(reader, partition, 3));

        await admin.DeleteRecordsAsync([new PartitionOffset(partition, 1)], CancellationToken.None);
        reader.Seek(new PartitionOffset(partition, 2));
        Assert.Equal(["c"], Read(reader, partition, 1));
        reader.Seek(new PartitionOffset(partition, PartitionOffset.Beginning));
        Assert.Equal(["b", "c"], Read(reader, partition, 2));
        Assert.Equal((1, 3), reader.QueryOffsets(partition, Timeout));
    }

    private static void Until(IKafkaConsumer consumer, Func<bool> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        do
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, $"Not within {Deadline}: {what}.");
            consumer.Poll(TimeSpan.FromMilliseconds(20));
        }
        while (!condition());
    }

    private static void Until(Func<bool> condition, string what, params Member[] members)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, $"Not within {Deadline}: {what}.");
            foreach (var member in members)
            {
                member.Consumer.Poll(TimeSpan.FromMilliseconds(20));
            }
        }
    }

    private static List<string> Take(IKafkaConsumer consumer, TopicPartition partition)
    {
        var batch = consumer.Reader(partition).Next();
        var values = new List<string>();
        for (var i = 0; i < batch.Count; i++)
        {
            values.Add(Encoding.UTF8.GetString(batch.Read(i).Value));
        }

        return values;
    }

    private static List<string> Read(IKafkaConsumer consumer, TopicPartition partition, int count)
    {
        var values = new List<string>();
        Until(
            consumer,
            () =>
            {
                values.AddRange(Take(consumer, partition));
                return values.Count >= count;
            },
            $"{count} records of {partition}");
        return values;
    }

    private static void Send(IKafkaProducer producer, string topic, string value, int partition = 0)
    {
        var record = new ByteRecord
        {
            Value = Encoding.UTF8.GetBytes(value),
            HasValue = true,
            Timestamp = 1_700_000_000_000,
        };
        Assert.True(producer.TryProduce(producer.Topic(topic), partition, in record, null));
    }

    private static void InTransaction(IKafkaProducer producer, string topic, string value)
    {
        producer.BeginTransaction();
        Send(producer, topic, value);
        Assert.True(producer.Drain(Timeout));
    }

    private static void SendOffset(IKafkaProducer producer, Member member, PartitionOffset offset)
    {
        using var metadata = member.Consumer.GroupMetadata();
        producer.SendOffsetsToTransaction([offset], metadata, Timeout);
    }

    /// <summary>Begins a transaction with an offset; aborts it when the member is behind its group.</summary>
    private static bool TrySendOffset(IKafkaProducer producer, Member member, PartitionOffset offset)
    {
        producer.BeginTransaction();
        try
        {
            SendOffset(producer, member, offset);
            return true;
        }
        catch (KafkaClientException error) when (error.Kind == KafkaErrorKind.Migrated)
        {
            producer.AbortTransaction(Timeout);
            return false;
        }
    }

    private async Task CreateTopicAsync(string name, int partitions)
    {
        using var admin = Clients.CreateAdmin("admin");
        await admin.CreateTopicsAsync(
            [new NewTopic(name, partitions, new Dictionary<string, string>())], CancellationToken.None);
    }

    private IKafkaProducer Producer(string clientId, string? transactionalId = null)
    {
        var producer = Clients.CreateProducer(new ProducerRole(clientId, transactionalId, TimeSpan.FromSeconds(30)));
        if (transactionalId is not null)
        {
            producer.InitTransactions(TimeSpan.FromSeconds(30));
        }

        return producer;
    }

    private IKafkaConsumer Reader(TopicPartition partition, bool readCommitted)
    {
        var consumer = Clients.CreateConsumer(new ConsumerRole("reader", null, null, readCommitted, "earliest"));
        consumer.Assign([new PartitionOffset(partition, PartitionOffset.Beginning)]);
        return consumer;
    }

    private sealed class Member : IRebalanceListener, IDisposable
    {
        private readonly string[] _topics;

        public Member(IKafkaClients clients, string name, string group, params string[] topics)
        {
            _topics = topics;
            Consumer = clients.CreateConsumer(new ConsumerRole(name, group, null, ReadCommitted: true, "earliest"));
            Consumer.Subscribe([topics[0]], topics, this);
        }

        public IKafkaConsumer Consumer { get; }

        public List<int> Leaders { get; } = [];

        public void Dispose() => Consumer.Dispose();

        public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders)
        {
            Leaders.AddRange(leaders.Select(p => p.Partition));
            return [.. All(leaders).Select(p => new PartitionOffset(p, PartitionOffset.Stored))];
        }

        public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders)
        {
            Leaders.RemoveAll(p => leaders.Any(l => l.Partition == p));
            return [.. All(leaders)];
        }

        public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders) => OnRevoked(leaders);

        private IEnumerable<TopicPartition> All(IReadOnlyList<TopicPartition> leaders) =>
            leaders.SelectMany(l => _topics.Select(topic => new TopicPartition(topic, l.Partition)));
    }
}
