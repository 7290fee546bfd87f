using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaPartition = Confluent.Kafka.TopicPartition;

namespace StreamFlow.IntegrationTests.Broker;

/// <summary>
/// Reads, processes and writes with Confluent.Kafka, exactly once: the offsets read belong to the transaction of what is
/// written. Whatever becomes of a transaction, it goes on from what is committed.
/// </summary>
internal sealed class TransformingClient(string bootstrapServers)
{
    /// <summary>Where <see cref="GoTo"/> can stop.</summary>
    public static readonly string[] Phases = ["begun", "produced", "offsets", "committing", "aborting", "committed"];

    private const int BatchSize = 20;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private static readonly KafkaPartition[] Source = [new("source", 0), new("source", 1)];

    /// <summary>Creates the topics and fills the one that is read.</summary>
    public static async Task FeedAsync(string bootstrapServers, int total)
    {
        var config = new ProducerConfig { BootstrapServers = bootstrapServers, LingerMs = 1 };
        using (IAdminClient admin = new AdminClientBuilder(config).Build())
        {
            await admin.CreateTopicsAsync(((string[])["source", "sink"]).Select(static x =>
                new TopicSpecification { Name = x, NumPartitions = 2, ReplicationFactor = 1 }));
        }

        using IProducer<Null, string> feed = new ProducerBuilder<Null, string>(config).Build();
        for (int i = 0; i < total; i++)
        {
            feed.Produce(Source[i % 2], new Message<Null, string> { Value = i.ToString(CultureInfo.InvariantCulture) });
        }

        feed.Flush(Deadline);
    }

    /// <summary>Commits one transaction and goes to a phase of the next.</summary>
    public void GoTo(string phase)
    {
        IProducer<Null, string> producer = Producer();
        IConsumer<Ignore, string> consumer = Consumer();
        consumer.Assign(Committed(consumer));
        Transact(producer, consumer, "committed");
        Transact(producer, consumer, phase);
    }

    /// <summary>Processes everything; returns what was written, as a read-committed consumer finds it.</summary>
    public List<int> Resume(int total)
    {
        long start = TimeProvider.System.GetTimestamp();
        long done = 0;
        while (done < total)
        {
            try
            {
                using IProducer<Null, string> producer = Producer();
                using IConsumer<Ignore, string> consumer = Consumer();
                done = ResumeWith(producer, consumer, total, start);
            }
            catch (KafkaException)
            {
                // Fenced by its own successor, or the broker stayed away for too long: another producer takes over.
                CheckDeadline(start, done);
            }
        }

        return ReadSink();
    }

    private static long ResumeWith(
        IProducer<Null, string> producer, IConsumer<Ignore, string> consumer, int total, long start)
    {
        long done = 0;
        consumer.Assign(Committed(consumer));
        while (done < total)
        {
            CheckDeadline(start, done);
            List<ConsumeResult<Ignore, string>> taken = Take(consumer, TimeSpan.FromMilliseconds(500));
            if (taken.Count == 0)
            {
                done = Committed(consumer).Sum(static x => x.Offset.Value);
                continue;
            }

            try
            {
                Write(producer, taken);
                SendOffsets(producer, consumer);
                Retrying(producer.CommitTransaction);
            }
            catch (KafkaTxnRequiresAbortException)
            {
                Retrying(producer.AbortTransaction);
                consumer.Assign(Committed(consumer));
            }
        }

        return done;
    }

    private static void Transact(IProducer<Null, string> producer, IConsumer<Ignore, string> consumer, string phase)
    {
        List<ConsumeResult<Ignore, string>> taken = Take(consumer, Deadline);
        if (phase == "begun")
        {
            producer.BeginTransaction();
            return;
        }

        Write(producer, taken);
        producer.Flush(Deadline);
        if (phase == "produced")
        {
            return;
        }

        SendOffsets(producer, consumer);
        if (phase == "offsets")
        {
            return;
        }

        if (phase != "committed")
        {
            Console.WriteLine("REACHED");
        }

        Action<TimeSpan> end = phase == "aborting" ? producer.AbortTransaction : producer.CommitTransaction;
        end(Deadline);
    }

    private static void Write(IProducer<Null, string> producer, List<ConsumeResult<Ignore, string>> taken)
    {
        producer.BeginTransaction();
        foreach (ConsumeResult<Ignore, string> record in taken)
        {
            producer.Produce(
                new KafkaPartition("sink", record.Partition), new Message<Null, string> { Value = record.Message.Value });
        }
    }

    private static void SendOffsets(IProducer<Null, string> producer, IConsumer<Ignore, string> consumer) =>
        producer.SendOffsetsToTransaction(
            consumer.Assignment.Select(x => new TopicPartitionOffset(x, consumer.Position(x))),
            consumer.ConsumerGroupMetadata,
            TimeSpan.FromSeconds(30));

    private static void Retrying(Action<TimeSpan> end)
    {
        while (true)
        {
            try
            {
                end(TimeSpan.FromSeconds(30));
                return;
            }
            catch (KafkaRetriableException)
            {
                // It is under way; asked again, the same call goes on waiting.
            }
        }
    }

    private static List<ConsumeResult<Ignore, string>> Take(IConsumer<Ignore, string> consumer, TimeSpan longest)
    {
        List<ConsumeResult<Ignore, string>> taken = [];
        while (taken.Count < BatchSize && consumer.Consume(longest) is { } record)
        {
            taken.Add(record);
        }

        return taken;
    }

    /// <summary>The committed offsets, once they are stable and the broker is there.</summary>
    private static List<TopicPartitionOffset> Committed(IConsumer<Ignore, string> consumer)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return [.. consumer.Committed(Source, TimeSpan.FromSeconds(10)).Select(static x =>
                    x.Offset == Offset.Unset ? new TopicPartitionOffset(x.TopicPartition, 0) : x)];
            }
            catch (KafkaException)
            {
                CheckDeadline(start, -1);
            }
        }
    }

    private static void CheckDeadline(long start, long done)
    {
        if (TimeProvider.System.GetElapsedTime(start) > Deadline)
        {
            throw new TimeoutException($"After {Deadline} only {done} records are processed.");
        }
    }

    private List<int> ReadSink()
    {
        using IConsumer<Ignore, string> reader = Consumer(tellsTheEnd: true);
        reader.Assign([new TopicPartitionOffset("sink", 0, 0), new TopicPartitionOffset("sink", 1, 0)]);
        List<int> values = [];
        for (int ended = 0; ended < 2;)
        {
            ConsumeResult<Ignore, string> result = reader.Consume(Deadline)
                ?? throw new TimeoutException("The end of what was written is not reached.");
            if (result.IsPartitionEOF)
            {
                ended++;
            }
            else
            {
                values.Add(int.Parse(result.Message.Value, CultureInfo.InvariantCulture));
            }
        }

        return values;
    }

    private IProducer<Null, string> Producer()
    {
        IProducer<Null, string> producer = new ProducerBuilder<Null, string>(new ProducerConfig
        {
            BootstrapServers = bootstrapServers,
            TransactionalId = "transform-id",
            LingerMs = 1,
            ReconnectBackoffMaxMs = 200,
        }).Build();
        try
        {
            producer.InitTransactions(TimeSpan.FromSeconds(60));
            return producer;
        }
        catch
        {
            producer.Dispose();
            throw;
        }
    }

    private IConsumer<Ignore, string> Consumer(bool tellsTheEnd = false) => new ConsumerBuilder<Ignore, string>(new ConsumerConfig
    {
        BootstrapServers = bootstrapServers,
        GroupId = "transform",
        AutoOffsetReset = AutoOffsetReset.Earliest,
        IsolationLevel = IsolationLevel.ReadCommitted,
        EnableAutoCommit = false,
        EnablePartitionEof = tellsTheEnd,
        SessionTimeoutMs = 6000,
        ReconnectBackoffMaxMs = 200,
    }).Build();
}
