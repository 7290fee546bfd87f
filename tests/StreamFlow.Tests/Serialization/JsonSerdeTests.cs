using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Serialization;

public sealed partial class JsonSerdeTests
{
    private static readonly JsonSerde<Order> Generated = new(OrderContext.Default.Order);

    [Fact]
    public void Generated_and_reflected_metadata_write_the_same()
    {
        var order = new Order("A1", 3);

        Assert.Equal("""{"Id":"A1","Amount":3}""", Write(Generated, order));
        Assert.Equal(Write(Generated, order), Write(new JsonSerde<Order>(), order));
        Assert.Equal(order, Generated.Deserialize(Encoding.UTF8.GetBytes("""{"Amount":3,"Id":"A1"}""")));
    }

    [Fact]
    public void Options_decide_the_form()
    {
        var serde = new JsonSerde<Order>(new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = false });

        Assert.Equal("""{"id":"ä","amount":1}""", Write(
            new JsonSerde<Order>(new JsonSerializerOptions(JsonSerializerDefaults.Web)
            {
                Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }),
            new Order("ä", 1)));
        Assert.Equal("""{"id":"\u00E4","amount":1}""", Write(serde, new Order("ä", 1)));
    }

    [Fact]
    public void Bytes_that_are_no_JSON_are_refused_with_type_and_excerpt()
    {
        var error = Assert.Throws<FormatException>(() => Generated.Deserialize("not json at all"u8));

        Assert.Contains("Order", error.Message, StringComparison.Ordinal);
        Assert.Contains("not json at all", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_bytes_are_shown_in_part()
    {
        var error = Assert.Throws<FormatException>(() => Generated.Deserialize(Encoding.UTF8.GetBytes(new string('x', 500))));

        Assert.EndsWith(new string('x', 60) + "...", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_literal_is_refused() =>
        Assert.Throws<FormatException>(() => Generated.Deserialize("null"u8));

    [Fact]
    public void Serde_works_after_a_converter_threw()
    {
        var serde = new JsonSerde<Fragile>();
        Assert.Throws<InvalidOperationException>(() => Write(serde, new Fragile { Broken = true }));

        Assert.Equal("""{"Broken":false,"Value":1}""", Write(serde, new Fragile()));
    }

    [Fact]
    public void Serde_may_be_used_inside_a_converter()
    {
        var inner = new JsonSerde<string>();
        var outer = new JsonSerde<Order>(new JsonSerializerOptions { Converters = { new Nesting(inner) } });

        Assert.Equal("\"\\u0022A1\\u0022\"", Write(outer, new Order("A1", 3)));
        Assert.Equal("\"\\u0022A1\\u0022\"", Write(outer, new Order("A1", 3)));
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        var buffer = new PooledBuffer();
        var order = new Order("A1", 3);
        void Run(int count)
        {
            for (var i = 0; i < count; i++)
            {
                buffer.Clear();
                Generated.Serialize(order, buffer);
            }
        }

        Assert.Equal(0, SteadyAllocation.Measure(() => Run(1000)).Bytes);
    }

    private static string Write<T>(JsonSerde<T> serde, T value)
    {
        var buffer = new PooledBuffer();
        serde.Serialize(value, buffer);
        return Encoding.UTF8.GetString(buffer.Written);
    }

    internal sealed record Order(string Id, int Amount);

    internal sealed class Fragile
    {
        public bool Broken { get; init; }

        public int Value => Broken ? throw new InvalidOperationException("broken") : 1;
    }

    [JsonSerializable(typeof(Order))]
    internal sealed partial class OrderContext : JsonSerializerContext;

    private sealed class Nesting(JsonSerde<string> inner) : JsonConverter<Order>
    {
        public override Order Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Order value, JsonSerializerOptions options) =>
            writer.WriteStringValue(JsonSerdeTests.Write(inner, value.Id));
    }
}
