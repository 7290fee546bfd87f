using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using StreamFlow.Serialization.SchemaRegistry.Tests.Support;

namespace StreamFlow.Serialization.SchemaRegistry.Tests;

/// <summary>Avro: the wire format, subjects, evolution.</summary>
public sealed class AvroSerdeTests : IDisposable
{
    private readonly TestRegistry _registry = new();
    private readonly SchemaRegistrySerdes _serdes;

    public AvroSerdeTests() => _serdes = new SchemaRegistrySerdes(_registry.Options);

    public void Dispose()
    {
        _serdes.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public void Values_begin_with_magic_byte_and_id_and_come_back()
    {
        var serde = _serdes.Avro<OrderV1>().For(Bytes.Values());

        var bytes = Bytes.Of(serde, new OrderV1 { Id = "o1", Amount = 7 });

        Assert.Equal([0, 0, 0, 0, 101], bytes[..5]);
        Assert.Equal(["orders-value"], _registry.Subjects);
        var back = serde.Deserialize(bytes);
        Assert.Equal(("o1", 7), (back.Id, back.Amount));
    }

    [Fact]
    public async Task Confluents_serializers_and_ours_write_the_same_and_read_each_other()
    {
        using var client = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = _registry.Url });
        var context = new SerializationContext(MessageComponentType.Value, "orders");
        var theirs = await new AvroSerializer<OrderV1>(client, new AvroSerializerConfig { SubjectNameStrategy = SubjectNameStrategy.Topic })
            .SerializeAsync(new OrderV1 { Id = "o1", Amount = 7 }, context);
        var serde = _serdes.Avro<OrderV1>().For(Bytes.Values());

        Assert.Equal(theirs, Bytes.Of(serde, new OrderV1 { Id = "o1", Amount = 7 }));
        Assert.Equal(7, serde.Deserialize(theirs).Amount);
    }

    [Fact]
    public async Task An_id_in_a_header_is_read()
    {
        using var client = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = _registry.Url });
        var headers = new Confluent.Kafka.Headers();
        var bytes = await new AvroSerializer<OrderV1>(
            client,
            new AvroSerializerConfig { SubjectNameStrategy = SubjectNameStrategy.Topic, SchemaIdStrategy = SchemaIdSerializerStrategy.Header })
            .SerializeAsync(new OrderV1 { Amount = 7 }, new SerializationContext(MessageComponentType.Value, "orders", headers));
        var place = new SerdeContext(
            "orders", isKey: false, StreamFlow.Headers.Empty.With(headers[0].Key, headers[0].GetValueBytes()));

        Assert.Equal(7, _serdes.Avro<OrderV1>().For(place).Deserialize(bytes).Amount);
    }

    [Theory]
    [InlineData(SubjectNameStrategy.Topic, "orders-key", "orders-value")]
    [InlineData(SubjectNameStrategy.Record, "shop.Order", "shop.Order")]
    [InlineData(SubjectNameStrategy.TopicRecord, "orders-shop.Order", "orders-shop.Order")]
    public void Subjects_are_named_by_the_strategy(SubjectNameStrategy strategy, string key, string value)
    {
        using var serdes = new SchemaRegistrySerdes(_registry.Options with { SubjectNames = strategy });

        Bytes.Of(serdes.Avro<OrderV1>().For(Bytes.Keys()), new OrderV1());
        Bytes.Of(serdes.Avro<OrderV1>().For(Bytes.Values()), new OrderV1());

        Assert.Equal(new[] { key, value }.Distinct(), _registry.Subjects);
    }

    [Fact]
    public void A_newer_type_reads_what_an_older_one_wrote_and_the_other_way_round()
    {
        var old = _serdes.Avro<OrderV1>().For(Bytes.Values());
        var young = _serdes.Avro<OrderV2>().For(Bytes.Values());
        var written = Bytes.Of(old, new OrderV1 { Id = "o1", Amount = 7 });
        var rewritten = Bytes.Of(young, OrderV2.Of("o2", 8, "USD"));

        Assert.Equal("EUR", young.Deserialize(written).Currency);
        Assert.Equal(8, old.Deserialize(rewritten).Amount);
    }

    [Fact]
    public void A_refused_schema_is_told_with_subject_and_version()
    {
        Bytes.Of(_serdes.Avro<OrderV1>().For(Bytes.Values()), new OrderV1());

        var error = Assert.Throws<SchemaException>(
            () => Bytes.Of(_serdes.Avro<OrderBroken>().For(Bytes.Values()), new OrderBroken()));

        Assert.Equal("orders-value", error.Subject);
        Assert.Contains("not compatible with version 1 of subject 'orders-value'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_the_type_cannot_read_is_told_with_subject_and_version()
    {
        var written = Bytes.Of(_serdes.Avro<OrderV1>().For(Bytes.Values()), new OrderV1());

        var error = Assert.Throws<FormatException>(() => _serdes.Avro<OrderBroken>().For(Bytes.Values()).Deserialize(written));

        Assert.Contains("written with version 1 of subject 'orders-value' (schema id 101)", error.Message, StringComparison.Ordinal);
        Assert.Contains("OrderBroken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_registration_a_schema_must_be_there()
    {
        using var serdes = new SchemaRegistrySerdes(_registry.Options with { AutoRegisterSchemas = false });
        var serde = serdes.Avro<OrderV1>().For(Bytes.Values());

        var error = Assert.Throws<SchemaException>(() => Bytes.Of(serde, new OrderV1()));
        Assert.Contains("Subject 'orders-value' does not have the schema of OrderV1", error.Message, StringComparison.Ordinal);
        Assert.Empty(_registry.Subjects);

        _registry.Register("orders-value", ((Avro.Specific.ISpecificRecord)new OrderV1()).Schema.ToString());
        Assert.NotEmpty(Bytes.Of(serde, new OrderV1()));
    }

    [Fact]
    public void With_the_latest_version_records_get_its_id()
    {
        _registry.Register("orders-value", OrderV1.Json);
        var latest = _registry.Register("orders-value", OrderV2.Json);
        using var serdes = new SchemaRegistrySerdes(_registry.Options with { AutoRegisterSchemas = false, UseLatestVersion = true });

        var bytes = Bytes.Of(serdes.Avro<OrderV2>().For(Bytes.Values()), OrderV2.Of("o", 1, "EUR"));

        Assert.Equal(latest, bytes[4]);
    }

    [Fact]
    public void Primitive_keys_have_a_schema_too()
    {
        var serde = _serdes.Avro<long>().For(Bytes.Keys());

        Assert.Equal(42, serde.Deserialize(Bytes.Of(serde, 42L)));
        Assert.Equal(["orders-key"], _registry.Subjects);
    }

    [Fact]
    public void A_schema_that_is_known_is_not_asked_for_again()
    {
        var serde = _serdes.Avro<OrderV1>().For(Bytes.Values());
        serde.Deserialize(Bytes.Of(serde, new OrderV1()));
        var asked = _registry.Requests.Count;

        for (var i = 0; i < 100; i++)
        {
            serde.Deserialize(Bytes.Of(serde, new OrderV1()));
        }

        Assert.Equal(asked, _registry.Requests.Count);
    }
}
