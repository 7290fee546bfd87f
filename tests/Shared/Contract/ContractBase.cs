using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.ClientContract;

/// <summary>
/// What the engine relies on in <see cref="IKafkaClients"/>, asked of every implementation alike: each test project
/// that has one links this folder and derives from the two classes of tests.
/// </summary>
public abstract class ContractBase
{
    private protected static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(40);

    private protected abstract IKafkaClients Clients { get; }

    /// <summary>Why the tests cannot run here, or null.</summary>
    private protected virtual string? Unavailable => null;

    private protected static void Until(IKafkaConsumer consumer, Func<bool> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        do
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, $"Not within {Deadline}: {what}.");
            consumer.Poll(TimeSpan.FromMilliseconds(20));
        }
        while (!condition());
    }

    private protected static void Until(Func<bool> condition, string what, params Member[] members)
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

    private protected static List<string> Take(IKafkaConsumer consumer, TopicPartition partition)
    {
        var batch = consumer.Reader(partition).Next();
        var values = new List<string>();
        for (var i = 0; i < batch.Count; i++)
        {
            values.Add(Encoding.UTF8.GetString(batch.Read(i).Value));
        }

        return values;
    }

    private protected static List<string> Read(IKafkaConsumer consumer, TopicPartition partition, int count)
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

    private protected static void Send(IKafkaProducer producer, string topic, string value, int partition = 0)
    {
        var record = new ByteRecord
        {
            Value = Encoding.UTF8.GetBytes(value),
            HasValue = true,
            Timestamp = 1_700_000_000_000,
        };
        Assert.True(producer.TryProduce(producer.Topic(topic), partition, in record, null));
    }

    private protected static void InTransaction(IKafkaProducer producer, string topic, string value)
    {
        producer.BeginTransaction();
        Send(producer, topic, value);
        Assert.True(producer.Drain(Timeout));
    }

    private protected static void SendOffset(IKafkaProducer producer, Member member, PartitionOffset offset)
    {
        using var metadata = member.Consumer.GroupMetadata();
        producer.SendOffsetsToTransaction([offset], metadata, Timeout);
    }

    /// <summary>Begins a transaction with an offset; aborts it when the member is behind its group.</summary>
    private protected static bool TrySendOffset(IKafkaProducer producer, Member member, PartitionOffset offset)
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

    private protected async Task CreateTopicAsync(string name, int partitions)
    {
        using var admin = Clients.CreateAdmin("admin");
        await admin.CreateTopicsAsync(
            [new NewTopic(name, partitions, new Dictionary<string, string>())], CancellationToken.None);
    }

    private protected IKafkaProducer Producer(string clientId, string? transactionalId = null)
    {
        var producer = Clients.CreateProducer(new ProducerRole(clientId, transactionalId, TimeSpan.FromSeconds(30)));
        if (transactionalId is not null)
        {
            producer.InitTransactions(TimeSpan.FromSeconds(30));
        }

        return producer;
    }

    private protected IKafkaConsumer Reader(TopicPartition partition, bool readCommitted)
    {
        var consumer = Clients.CreateConsumer(new ConsumerRole("reader", null, null, readCommitted, "earliest"));
        consumer.Assign([new PartitionOffset(partition, PartitionOffset.Beginning)]);
        return consumer;
    }

    private protected sealed class Member : IRebalanceListener, IDisposable
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
