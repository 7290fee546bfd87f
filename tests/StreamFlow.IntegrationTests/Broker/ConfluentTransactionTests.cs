using System.Globalization;
using Confluent.Kafka;
using StreamFlow.Broker;
using Xunit.Abstractions;

namespace StreamFlow.IntegrationTests.Broker;

/// <summary>Transactions of the embedded broker as Confluent.Kafka runs them.</summary>
public sealed class ConfluentTransactionTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private EmbeddedBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
    {
        Topics = [new BrokerTopic("in"), new BrokerTopic("out")],
    });

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public void Committed_transactions_are_read_and_aborted_ones_are_not()
    {
        using IProducer<Null, string> producer = Producer("tx");
        for (int i = 0; i < 20; i++)
        {
            producer.BeginTransaction();
            producer.Produce("out", new Message<Null, string> { Value = Text(i) });
            End(producer, commit: i % 3 != 0);
        }

        producer.BeginTransaction();
        producer.Produce("out", new Message<Null, string> { Value = "open" });
        producer.Flush(Deadline);

        Assert.Equal(Enumerable.Range(0, 20).Where(x => x % 3 != 0).Select(Text), ReadOut());
        producer.AbortTransaction(Deadline);
    }

    [Fact]
    public void Interleaved_producers_show_what_they_committed_in_the_order_of_the_log()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        IProducer<Null, string>[] producers = [.. Enumerable.Range(0, 3).Select(x => Producer($"tx-{x}"))];
        List<string>?[] open = new List<string>?[producers.Length];
        HashSet<string> committed = [];
        for (int step = 0; step < 200; step++)
        {
            int at = random.Next(producers.Length);
            if (open[at] is not { } values)
            {
                producers[at].BeginTransaction();
                open[at] = [];
            }
            else if (random.Next(10) < 7)
            {
                values.Add($"{at}-{step}");
                producers[at].Produce("out", new Message<Null, string> { Value = values[^1] });
                producers[at].Flush(random.Next(2) == 0 ? Deadline : TimeSpan.Zero);
            }
            else
            {
                bool commit = random.Next(2) == 0;
                End(producers[at], commit);
                committed.UnionWith(commit ? values : []);
                open[at] = null;
            }
        }

        foreach (IProducer<Null, string> producer in producers)
        {
            // What it left open is aborted by the next one of its id.
            producer.Dispose();
            Producer($"tx-{Array.IndexOf(producers, producer)}").Dispose();
        }

        List<string> all = ReadOut(IsolationLevel.ReadUncommitted);
        Assert.Equal(all.Where(committed.Contains), ReadOut());
        Assert.Equal(committed.Count, ReadOut().Count);
        for (int at = 0; at < producers.Length; at++)
        {
            int[] steps = [.. all.Where(x => x[0] == '0' + at).Select(static x => int.Parse(x[2..], null))];
            Assert.Equal(steps.Order(), steps);
        }
    }

    [Fact]
    public void Second_producer_fences_the_first_and_its_records_are_not_read()
    {
        using IProducer<Null, string> old = Producer("tx");
        old.BeginTransaction();
        old.Produce("out", new Message<Null, string> { Value = "lost" });
        old.Flush(Deadline);
        using IProducer<Null, string> young = Producer("tx");
        young.BeginTransaction();
        young.Produce("out", new Message<Null, string> { Value = "kept" });

        KafkaException fenced = Assert.ThrowsAny<KafkaException>(() => old.CommitTransaction(Deadline));

        Assert.True(fenced.Error.IsFatal, fenced.Message);
        young.CommitTransaction(Deadline);
        Assert.Equal(["kept"], ReadOut());
    }

    [Fact]
    public void Offsets_and_records_of_a_transaction_count_together()
    {
        using (IProducer<Null, string> feed = new ProducerBuilder<Null, string>(
            new ProducerConfig { BootstrapServers = _broker.BootstrapServers }).Build())
        {
            for (int i = 0; i < 30; i++)
            {
                feed.Produce("in", new Message<Null, string> { Value = Text(i) });
            }

            feed.Flush(Deadline);
        }

        using IProducer<Null, string> producer = Producer("tx");
        foreach (bool commit in (bool[])[false, true, false, true, true])
        {
            using IConsumer<Ignore, string> consumer = Consumer();
            consumer.Subscribe("in");
            producer.BeginTransaction();
            for (int i = 0; i < 10; i++)
            {
                ConsumeResult<Ignore, string> result = consumer.Consume(Deadline);
                producer.Produce("out", new Message<Null, string> { Value = result.Message.Value });
            }

            producer.SendOffsetsToTransaction(
                consumer.Assignment.Select(x => new TopicPartitionOffset(x, consumer.Position(x))),
                consumer.ConsumerGroupMetadata,
                Deadline);
            End(producer, commit);
            consumer.Close();
        }

        Assert.Equal(Enumerable.Range(0, 30).Select(Text), ReadOut());
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void End(IProducer<Null, string> producer, bool commit)
    {
        if (commit)
        {
            producer.CommitTransaction(Deadline);
        }
        else
        {
            producer.AbortTransaction(Deadline);
        }
    }

    private IProducer<Null, string> Producer(string transactionalId)
    {
        IProducer<Null, string> producer = new ProducerBuilder<Null, string>(new ProducerConfig
        {
            BootstrapServers = _broker.BootstrapServers,
            TransactionalId = transactionalId,
            LingerMs = 1,
        }).Build();
        producer.InitTransactions(Deadline);
        return producer;
    }

    private IConsumer<Ignore, string> Consumer(IsolationLevel isolation = IsolationLevel.ReadCommitted) => new ConsumerBuilder<Ignore, string>(new ConsumerConfig
    {
        BootstrapServers = _broker.BootstrapServers,
        GroupId = "g",
        AutoOffsetReset = AutoOffsetReset.Earliest,
        IsolationLevel = isolation,
        EnableAutoCommit = false,
        EnablePartitionEof = true,
        SessionTimeoutMs = 6000,
    }).Build();

    /// <summary>Everything of the topic up to the end that a consumer of the isolation level may see.</summary>
    private List<string> ReadOut(IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        using IConsumer<Ignore, string> consumer = Consumer(isolation);
        consumer.Assign(new TopicPartitionOffset("out", 0, Offset.Beginning));
        List<string> values = [];
        while (true)
        {
            ConsumeResult<Ignore, string>? result = consumer.Consume(Deadline);
            Assert.NotNull(result);
            if (result.IsPartitionEOF)
            {
                return values;
            }

            values.Add(result.Message.Value);
        }
    }
}
