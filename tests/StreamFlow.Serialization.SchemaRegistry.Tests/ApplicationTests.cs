using Confluent.Kafka;
using Confluent.Kafka.SyncOverAsync;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using StreamFlow.Broker;
using StreamFlow.Kafka;
using StreamFlow.Serialization.SchemaRegistry.Tests.Support;
using StreamFlow.State;

namespace StreamFlow.Serialization.SchemaRegistry.Tests;

/// <summary>
/// A whole application on a broker, with keys and values by schema: StreamFlow's binding and Confluent.Kafka use one native
/// library in this process. What goes in and comes out is written and read by Confluent's own clients and serializers.
/// </summary>
public sealed class ApplicationTests : IAsyncLifetime, IDisposable
{
    private const int Limit = 60;
    private readonly TestRegistry _registry = new();
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("streamflow-schemas-");
    private readonly CachedSchemaRegistryClient _client;
    private EmbeddedBroker _broker = null!;
    private int _totals;
    private int _latest;

    public ApplicationTests() => _client = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = _registry.Url });

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("orders"), new BrokerTopic("totals"), new BrokerTopic("latest")] });
    }

    public async Task DisposeAsync()
    {
        await _broker.DisposeAsync();
        _state.Delete(recursive: true);
    }

    public void Dispose()
    {
        _client.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public async Task Keys_tombstones_stores_and_their_changelogs_survive_a_restart_and_the_loss_of_the_state()
    {
        await RunAsync([("a", 5), ("a", 7), ("b", 1), ("b", null)], ["a=5", "a=12", "b=1"], ["a=5", "a=7", "b=1", "b=null"]);
        await RunAsync([("a", 1)], ["a=13"], ["a=1"]);
        _state.Delete(recursive: true);
        _state.Create();
        await RunAsync([("a", 1)], ["a=14"], ["a=1"]);

        Assert.Equal(
            [
                "latest-key", "latest-value", "orders-key", "orders-value",
                "shop-orders-store-changelog-key", "shop-orders-store-changelog-value",
                "shop-sums-changelog-key", "shop-sums-changelog-value", "totals-key", "totals-value",
            ],
            _registry.Subjects);
        var logged = Read("shop-sums-changelog", 1, Deserializers.ByteArray, Deserializers.ByteArray)[0].Message;
        Assert.Equal((0, 0), (logged.Key[0], logged.Value[0]));
    }

    private async Task RunAsync((string Key, int? Amount)[] orders, string[] totals, string[] latest)
    {
        using var serdes = new SchemaRegistrySerdes(_registry.Options);
        var builder = new StreamsBuilder();
        builder.Serdes.Add(serdes.Avro<string>()).Add(serdes.Avro<OrderV1>());
        var source = builder.Stream<string, OrderV1>("orders");
        source.GroupByKey()
            .Reduce(
                (sum, order) => new OrderV1 { Id = order.Id, Amount = sum.Amount + order.Amount },
                new() { Name = "sums", CachingEnabled = false })
            .ToStream().To("totals");
        source.ToTable(new() { Name = "orders-store", CachingEnabled = false }).ToStream().To("latest");
        var clients = new KafkaClients(new KafkaClientOptions { BootstrapServers = _broker.BootstrapServers });
        await using var application = new StreamsApplication(
            builder.Build(),
            new StreamFlowOptions
            {
                ApplicationId = "shop", StateDirectory = _state.FullName, CommitInterval = TimeSpan.FromMilliseconds(100),
            },
            clients,
            new StreamsServices { StoreBackend = new RocksDbBackendFactory() });
        await application.StartAsync();

        await ProduceAsync(orders);

        Assert.Equal(totals, Avro("totals", _totals += totals.Length)[^totals.Length..]);
        Assert.Equal(latest, Avro("latest", _latest += latest.Length)[^latest.Length..]);
        await application.StopAsync();
        Assert.Null(application.Status.Error);
    }

    private async Task ProduceAsync((string Key, int? Amount)[] orders)
    {
        var topics = new AvroSerializerConfig { SubjectNameStrategy = SubjectNameStrategy.Topic };
        using var producer = new ProducerBuilder<string, OrderV1?>(new ProducerConfig
        {
            BootstrapServers = _broker.BootstrapServers, Partitioner = Partitioner.Murmur2Random,
        })
            .SetKeySerializer(new AvroSerializer<string>(_client, topics))
            .SetValueSerializer(new AvroSerializer<OrderV1?>(_client, topics)).Build();
        foreach (var (key, amount) in orders)
        {
            await producer.ProduceAsync("orders", new Message<string, OrderV1?>
            {
                Key = key, Value = amount is { } value ? new OrderV1 { Id = key, Amount = value } : null,
            });
        }
    }

    /// <summary>All records of a topic, as many as are expected.</summary>
    private string[] Avro(string topic, int count)
    {
        var topics = new AvroDeserializerConfig { SubjectNameStrategy = SubjectNameStrategy.Topic };
        return [.. Read(
            topic, count, new AvroDeserializer<string>(_client, topics).AsSyncOverAsync(),
            new AvroDeserializer<OrderV1>(_client, topics).AsSyncOverAsync())
            .Select(r => $"{r.Message.Key}={r.Message.Value?.Amount.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null"}")];
    }

    private List<ConsumeResult<TKey, TValue>> Read<TKey, TValue>(
        string topic, int count, IDeserializer<TKey> keys, IDeserializer<TValue> values)
    {
        using var consumer = new ConsumerBuilder<TKey, TValue>(
            new ConsumerConfig { BootstrapServers = _broker.BootstrapServers, GroupId = "reader" })
            .SetKeyDeserializer(keys).SetValueDeserializer(values).Build();
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        var result = new List<ConsumeResult<TKey, TValue>>();
        while (result.Count < count)
        {
            result.Add(consumer.Consume(TimeSpan.FromSeconds(Limit))
                ?? throw new TimeoutException($"{topic} has {result.Count} records, {count} are expected."));
        }

        return result;
    }
}
