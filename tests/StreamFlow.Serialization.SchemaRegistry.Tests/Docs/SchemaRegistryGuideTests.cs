using Confluent.Kafka;
using StreamFlow.Serialization.SchemaRegistry.Tests.Support;
using StreamFlow.Testing;
using Order = StreamFlow.Serialization.SchemaRegistry.Tests.Support.OrderV1;

namespace StreamFlow.Serialization.SchemaRegistry.Tests.Docs;

/// <summary>The snippets of docs/guide/schema-registry.md, compiled and run.</summary>
public sealed class SchemaRegistryGuideTests : IDisposable
{
    private readonly TestRegistry _registry = new();

    public void Dispose() => _registry.Dispose();

    [Fact]
    public void Totals_of_orders()
    {
        using var schemas = new SchemaRegistrySerdes(new SchemaRegistryOptions { Url = _registry.Url });

        var builder = new StreamsBuilder();
        builder.Serdes.Add(schemas.Avro<Order>());
        builder.Stream<string, Order>("orders")
            .GroupByKey()
            .Reduce((sum, order) => new Order { Id = order.Id, Amount = sum.Amount + order.Amount })
            .ToStream()
            .To("totals");

        using var driver = new TopologyTestDriver(builder.Build());
        var orders = driver.CreateInputTopic("orders", Serdes.String, schemas.Avro<Order>());
        orders.Pipe("k", new Order { Amount = 5 });
        orders.Pipe("k", new Order { Amount = 7 });
        var totals = driver.CreateOutputTopic("totals", Serdes.String, schemas.Avro<Order>()).ReadKeyValues();
        Assert.Equal(12, totals[^1].Value!.Amount);
    }

    [Fact]
    public void Other_serializers()
    {
        var amounts = ConfluentSerdes.From(Serializers.Int64, Deserializers.Int64);
        var letters = ConfluentSerdes.FromAsync(() => new LetterSerializer(), () => new LetterDeserializer());

        Assert.Equal(8, Bytes.Of(amounts.For(Bytes.Values()), 1L).Length);
        Assert.Equal('x', letters.For(Bytes.Values()).Deserialize(Bytes.Of(letters.For(Bytes.Values()), 'x')));
    }

    private sealed class LetterSerializer : IAsyncSerializer<char>
    {
        public Task<byte[]> SerializeAsync(char data, SerializationContext context) => Task.FromResult(new[] { (byte)data });
    }

    private sealed class LetterDeserializer : IAsyncDeserializer<char>
    {
        public Task<char> DeserializeAsync(ReadOnlyMemory<byte> data, bool isNull, SerializationContext context) =>
            Task.FromResult((char)data.Span[0]);
    }
}
