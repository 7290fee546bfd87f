using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Serialization;

public sealed partial class JsonSerdeTests
{
    private static readonly JsonSerde<Order> Generated = new(OrderContext.Default.Order);

    /// <summary>The members of tuples are fields, which System.Text.Json leaves out: all keys would be one.</summary>
    [Fact]
    public void A_tuple_without_its_members_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new JsonSerde<(string, int)>());

        Assert.StartsWith("JSON of ValueTuple`2 would be {}, without its members", error.Message, StringComparison.Ordinal);
        var serde = new JsonSerde<(string, int)>(new JsonSerializerOptions { IncludeFields = true });
        Assert.Equal(("a", 1), serde.Deserialize(Encoding.UTF8.GetBytes(Write(serde, ("a", 1)))));
    }

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

    /// <summary>What others write is seldom spelt as .NET spells it; what is written stays as it was.</summary>
    [Fact]
    public void Default_options_read_names_in_any_case_and_numbers_as_text_and_write_the_types_own()
    {
        var serde = new JsonSerde<Order>();

        Assert.Equal(new Order("A1", 3), serde.Deserialize("""{"id":"A1","AMOUNT":"3"}"""u8));
        Assert.Equal("""{"Id":"A1","Amount":3}""", Write(serde, new Order("A1", 3)));
    }

    [Fact]
    public void A_required_member_that_is_missing_is_named()
    {
        var error = Assert.Throws<FormatException>(() => new JsonSerde<Strict>().Deserialize("""{"amount":3}"""u8));

        Assert.Contains("'Id'", error.Message, StringComparison.Ordinal);
        Assert.Equal("A1", new JsonSerde<Strict>().Deserialize("""{"id":"A1"}"""u8).Id);
    }

    [Theory]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}' }, "a byte-order mark (EF BB BF), which JSON must not have")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'{', 0 }, "a byte-order mark of UTF-16")]
    [InlineData(new byte[0], "there are no bytes")]
    public void What_nobody_sees_is_named(byte[] data, string says) => Assert.Contains(
        says, Assert.Throws<FormatException>(() => Generated.Deserialize(data)).Message, StringComparison.Ordinal);

    /// <summary>Of whatever type: what a constructor, a converter or the serializer throws.</summary>
    [Fact]
    public void Whatever_fails_in_reading_is_a_format_error_with_type_reason_and_bytes()
    {
        var picky = Assert.Throws<FormatException>(() => new JsonSerde<Picky>().Deserialize("""{"Age":-1}"""u8));
        Assert.StartsWith("JSON cannot be read as Picky: ", picky.Message, StringComparison.Ordinal);
        Assert.Contains("no age", picky.Message, StringComparison.Ordinal);
        Assert.EndsWith("""The bytes begin: {"Age":-1}""", picky.Message, StringComparison.Ordinal);
        Assert.IsType<ArgumentOutOfRangeException>(picky.InnerException);

        var unreadable = Assert.Throws<FormatException>(() => new JsonSerde<IShape>().Deserialize("{}"u8));
        Assert.IsType<NotSupportedException>(unreadable.InnerException);
        var converter = new JsonSerde<Order>(new JsonSerializerOptions { Converters = { new Nesting(new JsonSerde<string>()) } });
        Assert.IsType<NotSupportedException>(Assert.Throws<FormatException>(() => converter.Deserialize("{}"u8)).InnerException);
    }

    [Fact]
    public void Whatever_fails_in_writing_names_the_type()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Write(new JsonSerde<Fragile>(), new Fragile { Broken = true }));

        Assert.StartsWith("A Fragile cannot be written as JSON: broken.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_no_JSON_becomes_is_known_before_the_first_record()
    {
        Assert.NotNull(new JsonSerde<IShape>().WhyNeverRead());
        Assert.NotNull(new JsonSerde<Abstract>().WhyNeverRead());
        Assert.NotNull(new JsonSerde<TwoConstructors>().WhyNeverRead());
        Assert.Null(new JsonSerde<Strict>().WhyNeverRead());
        Assert.Null(new JsonSerde<Picky>().WhyNeverRead());
        Assert.Null(new JsonSerde<Order>().WhyNeverRead());
        Assert.Null(new JsonSerde<List<int>>().WhyNeverRead());
        Assert.Null(new JsonSerde<Dictionary<string, int>>().WhyNeverRead());
        Assert.Null(new JsonSerde<int>().WhyNeverRead());
        Assert.Null(new JsonSerde<int?>().WhyNeverRead());
        Assert.Null(new JsonSerde<object>().WhyNeverRead());
        Assert.Null(new JsonSerde<Fragile>().WhyNeverRead());
    }

    [Fact]
    public void A_topology_that_reads_such_a_type_is_refused_when_it_is_built_and_one_that_only_writes_it_is_not()
    {
        var reads = new StreamsBuilder();
        reads.Serdes.Add(new JsonSerde<IShape>());
        reads.Stream<string, IShape>("shapes").To("copies");
        var error = Assert.Throws<TopologyException>(() => reads.Build());
        Assert.Contains("the values of KSTREAM-SOURCE-0000000000", error.Message, StringComparison.Ordinal);

        var keeps = new StreamsBuilder();
        keeps.Serdes.Add(new JsonSerde<IShape>());
        keeps.Stream<string, string>("in").GroupByKey().Aggregate<IShape>(() => new Square(), (_, _, shape) => shape, new() { Name = "last" });
        Assert.Contains("the values of store last", Assert.Throws<TopologyException>(() => keeps.Build()).Message, StringComparison.Ordinal);

        var writes = new StreamsBuilder();
        writes.Serdes.Add(new JsonSerde<IShape>());
        writes.Stream<string, string>("in").MapValues<IShape>(_ => new Square()).To("shapes");
        Assert.NotNull(writes.Build());
    }

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

    internal interface IShape;

    internal abstract class Abstract;

    internal sealed class Square : IShape;

    internal sealed class TwoConstructors
    {
        public TwoConstructors(int a) => A = a;

        public TwoConstructors(int a, int b) => A = a + b;

        public int A { get; }
    }

    internal sealed class Strict
    {
        public required string Id { get; init; }

        public int Amount { get; init; }
    }

    internal sealed class Picky(int age)
    {
        public int Age { get; } = age >= 0 ? age : throw new ArgumentOutOfRangeException(nameof(age), "no age");
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
