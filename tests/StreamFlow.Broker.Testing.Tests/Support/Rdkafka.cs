using Confluent.Kafka;

namespace StreamFlow.Broker.Testing.Tests.Support;

/// <summary>librdkafka as applications use it, in a hurry: it asks again after milliseconds.</summary>
internal static class Rdkafka
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static IProducer<string, string> Producer(TestBroker broker, Action<ProducerConfig>? configure = null)
    {
        ProducerConfig config = new()
        {
            BootstrapServers = broker.BootstrapServers, LingerMs = 0, RetryBackoffMs = 20, ReconnectBackoffMs = 10, ReconnectBackoffMaxMs = 50,
        };
        configure?.Invoke(config);
        return new ProducerBuilder<string, string>(config).SetErrorHandler(static (_, _) => { }).SetLogHandler(static (_, _) => { }).Build();
    }

    /// <summary>Sends records one after the other and waits for each. What has to be sent again may be there twice.</summary>
    public static async Task SendAsync(TestBroker broker, string topic, params string[] values)
    {
        using IProducer<string, string> producer = Producer(broker);
        await SendAsync(producer, topic, values);
    }

    /// <summary>As with a broker, by a producer that decides what becomes of repetitions.</summary>
    public static async Task SendAsync(IProducer<string, string> producer, string topic, params string[] values)
    {
        foreach (string value in values)
        {
            await producer.ProduceAsync(topic, new Message<string, string> { Value = value }).WaitAsync(Deadline);
        }
    }

    /// <summary>The values of the first partition, or of so many records of it.</summary>
    public static List<string> Read(TestBroker broker, string topic, int count, IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        using IConsumer<string, string> consumer = Consumer(broker, config => config.IsolationLevel = isolation);
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        return Consume(consumer, count);
    }

    /// <summary>All values of the first partition, up to its end.</summary>
    public static List<string> ReadAll(TestBroker broker, string topic)
    {
        using IConsumer<string, string> consumer = Consumer(broker, static config => config.EnablePartitionEof = true);
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        List<string> values = [];
        while (consumer.Consume(Deadline) is { IsPartitionEOF: false } result)
        {
            values.Add(result.Message.Value);
        }

        return values;
    }

    public static IConsumer<string, string> Consumer(TestBroker broker, Action<ConsumerConfig>? configure = null)
    {
        ConsumerConfig config = new()
        {
            BootstrapServers = broker.BootstrapServers, GroupId = "readers", AutoOffsetReset = AutoOffsetReset.Earliest,
            FetchWaitMaxMs = 50, ReconnectBackoffMs = 10, ReconnectBackoffMaxMs = 50,
        };
        configure?.Invoke(config);
        return new ConsumerBuilder<string, string>(config).SetErrorHandler(static (_, _) => { }).SetLogHandler(static (_, _) => { }).Build();
    }

    public static List<string> Consume(IConsumer<string, string> consumer, int count)
    {
        List<string> values = [];
        while (values.Count < count && consumer.Consume(Deadline) is { } result)
        {
            values.Add(result.Message.Value);
        }

        return values;
    }
}
