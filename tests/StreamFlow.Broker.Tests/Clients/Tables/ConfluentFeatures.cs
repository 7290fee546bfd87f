using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>What Confluent.Kafka does with a broker, by the names of <see cref="ClientTable.Features"/>.</summary>
internal sealed class ConfluentFeatures(ClientSettings settings, string prefix)
{
    private readonly ConfluentGroups _groups = new(settings, prefix);
    private readonly ConfluentAdmin _admin = new(settings, prefix);

    public Dictionary<string, Func<Task>> All()
    {
        Dictionary<string, Func<Task>> features = new()
        {
            ["produce and consume, not compressed"] = () => CodecAsync(CompressionType.None),
            ["gzip"] = () => CodecAsync(CompressionType.Gzip),
            ["snappy"] = () => CodecAsync(CompressionType.Snappy),
            ["lz4"] = () => CodecAsync(CompressionType.Lz4),
            ["zstd"] = () => CodecAsync(CompressionType.Zstd),
            ["keys and headers, empty and null"] = HeadersAsync,
            ["group: join, rebalance, leave"] = () => _groups.ShareAsync(GroupProtocol.Classic),
            ["group of the consumer protocol"] = () => _groups.ShareAsync(GroupProtocol.Consumer),
            ["static member"] = _groups.StaticAsync,
            ["commit, committed, seek"] = _groups.CommitAsync,
            ["offsets by time"] = TimesAsync,
            ["idempotent producer"] = async () =>
                await settings.ProduceAsync(await settings.TopicAsync(prefix + "idempotent"), 500, new ProducerConfig { EnableIdempotence = true }),
            ["transactions: commit, abort"] = () => TransactionsAsync(withOffsets: false),
            ["offsets in a transaction"] = () => TransactionsAsync(withOffsets: true),
            ["TLS"] = () => SecuredAsync("tls", settings.Tls("ssl")),
            ["TLS with a client's certificate"] = () => SecuredAsync("mtls", settings.ClientCertificate()),
            ["SASL PLAIN"] = () => SecuredAsync("plain", settings.Password("sasl", SaslMechanism.Plain)),
            ["SCRAM-SHA-256"] = () => SecuredAsync("s256", settings.Password("sasl", SaslMechanism.ScramSha256)),
            ["SCRAM-SHA-512"] = () => SecuredAsync("s512", settings.Password("sasl", SaslMechanism.ScramSha512)),
            ["OAUTHBEARER, signed token"] = () => SecuredAsync("oauth", settings.Token("sasl")),
            ["re-authentication"] = () => SecuredAsync(
                "again", settings.Password("renewed", SaslMechanism.ScramSha512), ClientSettings.Reauthentication * 3),
        };
        _admin.AddTo(features);
        return features;
    }

    private async Task CodecAsync(CompressionType codec)
    {
        string topic = await settings.TopicAsync($"{prefix}codec-{codec}");
        await settings.ProduceAsync(topic, 500, new ProducerConfig { CompressionType = codec, LingerMs = 5 });
        using IConsumer<string, string> consumer = settings.Consumer(topic, new ConsumerConfig { CheckCrcs = true });
        consumer.Subscribe(topic);
        List<ConsumeResult<string, string>> found = ClientSettings.Read(consumer, 500);
        Assert.Equal(Enumerable.Range(0, 500).Select(ClientSettings.Value), found.Select(static x => x.Message.Value));
        consumer.Close();
    }

    private async Task HeadersAsync()
    {
        string topic = await settings.TopicAsync(prefix + "headers");
        await settings.ProduceAsync(topic, 1, new ProducerConfig());
        using (IProducer<string?, string?> producer = new ProducerBuilder<string?, string?>(settings.Plain()).Build())
        {
            await producer.ProduceAsync(topic, new Message<string?, string?>());
            await producer.ProduceAsync(topic, new Message<string?, string?> { Key = "", Value = "" });
        }

        using IConsumer<string, string> consumer = settings.Consumer(topic, new ConsumerConfig());
        consumer.Assign(new TopicPartitionOffset(topic, 0, 0));
        List<ConsumeResult<string, string>> found = ClientSettings.Read(consumer, 3);
        Assert.Equal([0xFF], found[0].Message.Headers.GetLastBytes("h"));
        Assert.Null(found[0].Message.Headers.GetLastBytes("n"));
        Assert.Equal((null, null), (found[1].Message.Key, found[1].Message.Value));
        Assert.Equal(("", ""), (found[2].Message.Key, found[2].Message.Value));
    }

    private async Task TimesAsync()
    {
        string topic = await settings.TopicAsync(prefix + "times");
        await settings.ProduceAsync(topic, 100, new ProducerConfig());
        using IConsumer<string, string> consumer = settings.Consumer(topic, new ConsumerConfig());
        List<TopicPartitionOffset> found = consumer.OffsetsForTimes(
            [new TopicPartitionTimestamp(topic, 0, new Timestamp(50_500, TimestampType.CreateTime))], ClientSettings.Deadline);
        Assert.Equal(50, found[0].Offset.Value);
        WatermarkOffsets range = consumer.QueryWatermarkOffsets(new TopicPartition(topic, 0), ClientSettings.Deadline);
        Assert.Equal((0, 100), (range.Low.Value, range.High.Value));
    }

    private async Task TransactionsAsync(bool withOffsets)
    {
        string topic = await settings.TopicAsync($"{prefix}txn{withOffsets}");
        TopicPartition partition = new(topic, 0);
        using IConsumer<string, string> consumer = settings.Consumer(topic, new ConsumerConfig { IsolationLevel = IsolationLevel.ReadCommitted });
        consumer.Subscribe(topic);
        while (consumer.Assignment.Count == 0)
        {
            consumer.Consume(TimeSpan.FromMilliseconds(50));
        }

        ProducerConfig config = new(settings.Plain()) { TransactionalId = topic };
        using IProducer<string, string> producer = new ProducerBuilder<string, string>(config).Build();
        producer.InitTransactions(ClientSettings.Deadline);
        foreach ((char name, bool commits) in (ReadOnlySpan<(char, bool)>)[('a', false), ('b', true), ('c', false), ('d', true)])
        {
            producer.BeginTransaction();
            producer.Produce(topic, new Message<string, string> { Value = $"{name}" });
            if (withOffsets)
            {
                producer.SendOffsetsToTransaction(
                    [new TopicPartitionOffset(partition, name - 'a' + 1)], consumer.ConsumerGroupMetadata, ClientSettings.Deadline);
            }

            producer.Flush(ClientSettings.Deadline);
            if (commits)
            {
                producer.CommitTransaction(ClientSettings.Deadline);
            }
            else
            {
                producer.AbortTransaction(ClientSettings.Deadline);
            }
        }

        Assert.Equal(["b", "d"], ClientSettings.Read(consumer, 2).Select(static x => x.Message.Value));
        long expected = withOffsets ? 4 : Offset.Unset.Value;
        Assert.Equal(expected, consumer.Committed([partition], ClientSettings.Deadline)[0].Offset.Value);
        consumer.Close();
    }

    /// <summary>Produces and consumes, and again after a while on the same connections.</summary>
    private async Task SecuredAsync(string name, ClientConfig client, TimeSpan pause = default)
    {
        string topic = await settings.TopicAsync($"{prefix}secured-{name}");
        using IProducer<string, string> producer = settings.With(new ProducerBuilder<string, string>(client)).Build();
        ConsumerConfig config = new(client) { GroupId = topic, AutoOffsetReset = AutoOffsetReset.Earliest };
        using IConsumer<string, string> consumer = settings.With(new ConsumerBuilder<string, string>(config)).Build();
        consumer.Subscribe(topic);
        for (int i = 0; i < 2; i++)
        {
            await producer.ProduceAsync(topic, new Message<string, string> { Value = i.ToString(CultureInfo.InvariantCulture) });
            Assert.Equal($"{i}", ClientSettings.Read(consumer, 1)[0].Message.Value);
            await Task.Delay(pause);
        }

        consumer.Close();
    }
}
