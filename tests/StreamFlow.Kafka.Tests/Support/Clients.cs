using System.Text;
using Microsoft.Extensions.Logging;
using StreamFlow.Clients;

namespace StreamFlow.Kafka.Tests.Support;

/// <summary>A record copied out of a batch.</summary>
internal sealed record Copied(
    TopicPartition Partition, long Offset, string? Key, string? Value, long Timestamp, Headers? Headers);

/// <summary>Short ways to the clients, with deadlines.</summary>
internal static class TestClients
{
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    internal static KafkaClients For(
        string bootstrapServers, IReadOnlyDictionary<string, string>? consumer = null,
        IReadOnlyDictionary<string, string>? producer = null, ILoggerFactory? loggers = null) =>
        new(
            new KafkaClientOptions
            {
                BootstrapServers = bootstrapServers,
                Consumer = consumer ?? new Dictionary<string, string>(),
                Producer = producer ?? new Dictionary<string, string>(),
            },
            loggers);

    internal static IKafkaConsumer Member(
        this KafkaClients clients, string group, string clientId = "member", bool readCommitted = true) =>
        clients.CreateConsumer(new ConsumerRole(clientId, group, null, readCommitted, "earliest"));

    internal static IKafkaConsumer Loner(this KafkaClients clients, string offsetReset = "earliest") =>
        clients.CreateConsumer(new ConsumerRole("loner", null, null, ReadCommitted: true, offsetReset));

    internal static IKafkaProducer Producer(this KafkaClients clients, string? transactionalId = null) =>
        clients.CreateProducer(new ProducerRole("producer", transactionalId, TimeSpan.FromSeconds(30)));

    internal static void Send(
        this IKafkaProducer producer, string topic, int partition, string? key, string? value,
        long timestamp = 1_700_000_000_000, Headers? headers = null)
    {
        var record = new ByteRecord
        {
            Key = key is null ? default : Encoding.UTF8.GetBytes(key),
            Value = value is null ? default : Encoding.UTF8.GetBytes(value),
            HasKey = key is not null,
            HasValue = value is not null,
            Timestamp = timestamp,
        };
        var target = producer.Topic(topic);
        while (!producer.TryProduce(target, partition, in record, headers))
        {
            producer.Poll(TimeSpan.FromMilliseconds(10));
        }
    }

    internal static void Flush(this IKafkaProducer producer)
    {
        Assert.True(producer.Drain(Deadline), "not everything was acknowledged");
        Assert.False(producer.TryTakeFailure(out var failure), failure.Reason);
    }

    internal static void AssignAll(this IKafkaConsumer consumer, string topic, int partitions, long offset = 0) =>
        consumer.Assign(
            [.. Enumerable.Range(0, partitions)
                .Select(p => new PartitionOffset(new TopicPartition(topic, p), offset))]);

    /// <summary>Polls until a condition holds.</summary>
    internal static void PollUntil(this IKafkaConsumer consumer, Func<bool> done, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!done())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, $"deadline passed waiting for: {what}");
            consumer.Poll(TimeSpan.FromMilliseconds(50));
        }
    }

    /// <summary>Reads until there are as many records as asked for.</summary>
    internal static List<Copied> Read(this IKafkaConsumer consumer, int count, params TopicPartition[] partitions)
    {
        var records = new List<Copied>();
        consumer.PollUntil(
            () =>
            {
                foreach (var partition in partitions)
                {
                    Take(consumer.Reader(partition), records);
                }

                return records.Count >= count;
            },
            $"{count} records");
        return records;
    }

    internal static void Take(PartitionReader reader, List<Copied> records)
    {
        var batch = reader.Next();
        for (var i = 0; i < batch.Count; i++)
        {
            var record = batch.Read(i);
            records.Add(new Copied(
                reader.Partition, record.Offset,
                record.HasKey ? Encoding.UTF8.GetString(record.Key) : null,
                record.HasValue ? Encoding.UTF8.GetString(record.Value) : null,
                record.Timestamp, batch.ReadHeaders(i)));
        }
    }
}
