using Confluent.Kafka;
using StreamFlow.Broker;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>What a broker tells of itself is what clients have brought it.</summary>
public sealed class BrokerDescriptionTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Topics_have_their_offsets_and_sizes_and_open_transactions_their_age()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("orders", Partitions: 2)] });
        using var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = broker.BootstrapServers, TransactionalId = "writer" }).Build();
        producer.InitTransactions(Deadline);
        Assert.Empty(broker.Describe().Transactions);
        producer.BeginTransaction();
        await producer.ProduceAsync(new Confluent.Kafka.TopicPartition("orders", 1), new Message<string, string> { Key = "k", Value = new string('v', 1000) });

        var open = broker.Describe();

        var topic = Assert.Single(open.Topics, t => t.Name == "orders");
        Assert.False(topic.IsInternal);
        Assert.Equal([(0, 0L, 0L), (1, 0L, 1L)], topic.Partitions.Select(p => (p.Partition, p.StartOffset, p.EndOffset)));
        Assert.Equal(0, topic.Partitions[0].Bytes);
        Assert.InRange(topic.Partitions[1].Bytes, 1000, 2000);
        var transaction = Assert.Single(open.Transactions);
        Assert.Equal(("writer", "Ongoing"), (transaction.TransactionalId, transaction.State));
        Assert.Equal(["orders-1"], transaction.Partitions);
        Assert.True(transaction.Open >= TimeSpan.Zero);
        producer.CommitTransaction(Deadline);
        SpinWait.SpinUntil(() => broker.Describe().Transactions.Count == 0, Deadline);
        Assert.Empty(broker.Describe().Transactions);
        Assert.Contains(broker.Describe().Topics, t => t.IsInternal);
    }
}
