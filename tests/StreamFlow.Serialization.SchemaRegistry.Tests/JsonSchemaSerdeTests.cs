using StreamFlow.Serialization.SchemaRegistry.Tests.Support;

namespace StreamFlow.Serialization.SchemaRegistry.Tests;

/// <summary>JSON Schema.</summary>
public sealed class JsonSchemaSerdeTests : IDisposable
{
    private readonly TestRegistry _registry = new();
    private readonly SchemaRegistrySerdes _serdes;

    public JsonSchemaSerdeTests() => _serdes = new SchemaRegistrySerdes(_registry.Options);

    public void Dispose()
    {
        _serdes.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public void Values_come_back_and_their_schema_is_registered()
    {
        var serde = _serdes.Json<Customer>().For(Bytes.Values());

        var bytes = Bytes.Of(serde, new Customer { Name = "Ada", Age = 36 });

        Assert.Equal([0, 0, 0, 0, 101], bytes[..5]);
        Assert.Equal("""{"Name":"Ada","Age":36}""", System.Text.Encoding.UTF8.GetString(bytes[5..]));
        Assert.Equal(36, serde.Deserialize(bytes).Age);
        Assert.Equal(["orders-value"], _registry.Subjects);
    }

    [Fact]
    public void A_value_against_the_schema_is_refused_with_the_version_it_was_written_with()
    {
        var serde = _serdes.Json<Customer>().For(Bytes.Values());
        var bytes = Bytes.Of(serde, new Customer { Name = "Ada" });

        var error = Assert.Throws<FormatException>(
            () => serde.Deserialize([.. bytes[..5], .. """{"Name":"Ada","Age":"old"}"""u8]));

        Assert.Contains("version 1 of subject 'orders-value' (schema id 101)", error.Message, StringComparison.Ordinal);
    }

    public sealed class Customer
    {
        public string Name { get; set; } = "";

        public int Age { get; set; }
    }
}
