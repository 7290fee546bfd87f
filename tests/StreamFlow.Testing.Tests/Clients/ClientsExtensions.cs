using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.Testing.Tests.Clients;

/// <summary>Shorthand of the client tests: text in, text out.</summary>
internal static class ClientsExtensions
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public static IKafkaConsumer Consumer(
        this IKafkaClients clients, string clientId, string? group = "group", bool readCommitted = true,
        string reset = "earliest", string? instance = null) =>
        clients.CreateConsumer(new ConsumerRole(clientId, group, instance, readCommitted, reset));

    public static IKafkaProducer Producer(
        this IKafkaClients clients, string clientId = "producer", string? transactionalId = null,
        TimeSpan? transactionTimeout = null)
    {
        var producer = clients.CreateProducer(
            new ProducerRole(clientId, transactionalId, transactionTimeout ?? TimeSpan.FromMinutes(1)));
        if (transactionalId is not null)
        {
            producer.InitTransactions(Timeout);
        }

        return producer;
    }

    public static bool Send(
        this IKafkaProducer producer, string topic, string? value, int partition = 0, string key = "k")
    {
        var record = new ByteRecord
        {
            Key = Encoding.UTF8.GetBytes(key),
            HasKey = true,
            Value = Encoding.UTF8.GetBytes(value ?? string.Empty),
            HasValue = value is not null,
            Timestamp = 1,
        };
        return producer.TryProduce(producer.Topic(topic), partition, in record, null);
    }

    public static void SendInTransaction(this IKafkaProducer producer, string topic, params string[] values)
    {
        producer.BeginTransaction();
        foreach (var value in values)
        {
            Assert.True(producer.Send(topic, value));
        }
    }

    public static List<string> ReadAll(this IKafkaConsumer consumer, TopicPartition partition)
    {
        var values = new List<string>();
        consumer.Poll(TimeSpan.Zero);
        var reader = consumer.Reader(partition);
        for (var batch = reader.Next(); batch.Count > 0; batch = reader.Next())
        {
            for (var i = 0; i < batch.Count; i++)
            {
                values.Add(Encoding.UTF8.GetString(batch.Read(i).Value));
            }
        }

        return values;
    }

    public static IKafkaConsumer Reading(this IKafkaConsumer consumer, TopicPartition partition, long from)
    {
        consumer.Assign([new PartitionOffset(partition, from)]);
        return consumer;
    }

    public static string[] Values(this InMemoryKafka kafka, TopicPartition partition, bool readCommitted = true) =>
        [.. kafka.Read(partition, readCommitted)
            .Select(r => r.Value is null ? "null" : Encoding.UTF8.GetString(r.Value))];
}
