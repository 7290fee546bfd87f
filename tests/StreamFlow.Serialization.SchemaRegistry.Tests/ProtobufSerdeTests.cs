using Google.Protobuf.WellKnownTypes;
using StreamFlow.Serialization.SchemaRegistry.Tests.Support;

namespace StreamFlow.Serialization.SchemaRegistry.Tests;

/// <summary>Protobuf: the wire format with positions, references, and messages of other types.</summary>
public sealed class ProtobufSerdeTests : IDisposable
{
    private readonly TestRegistry _registry = new();
    private readonly SchemaRegistrySerdes _serdes;

    public ProtobufSerdeTests() => _serdes = new SchemaRegistrySerdes(_registry.Options);

    public void Dispose()
    {
        _serdes.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public void The_first_message_of_a_file_has_the_position_0()
    {
        var serde = _serdes.Protobuf<Timestamp>().For(Bytes.Values());

        var bytes = Bytes.Of(serde, new Timestamp { Seconds = 5 });

        Assert.Equal([0, 0, 0, 0, 101, 0, 8, 5], bytes);
        Assert.Equal(5, serde.Deserialize(bytes).Seconds);
    }

    [Fact]
    public void Another_message_has_its_position_as_zigzag_numbers_and_imports_are_registered()
    {
        var serde = _serdes.Protobuf<ProtoOrder>().For(Bytes.Values());

        var bytes = Bytes.Of(serde, new ProtoOrder { Id = "a" });

        // One index, which is 1; then field 1, a text of one byte.
        Assert.Equal([0, 0, 0, 0, 102, 2, 2, 10, 1, (byte)'a'], bytes);
        Assert.Equal("a", serde.Deserialize(bytes).Id);
        Assert.Equal(["orders-value", "shop/customer.proto"], _registry.Subjects);
    }

    [Fact]
    public void A_nested_message_has_the_positions_from_the_outside_inwards()
    {
        var serde = _serdes.Protobuf<Google.Protobuf.Reflection.DescriptorProto.Types.ReservedRange>().For(Bytes.Values());

        var bytes = Bytes.Of(serde, new() { Start = 1, End = 3 });

        var descriptor = Google.Protobuf.Reflection.DescriptorProto.Types.ReservedRange.Descriptor;
        Assert.Equal(new[] { 4, descriptor.ContainingType.Index * 2, descriptor.Index * 2 }, bytes[5..8].Select(b => (int)b));
        Assert.Equal(3, serde.Deserialize(bytes).End);
    }

    [Fact]
    public void The_first_message_may_also_be_told_in_full_as_some_writers_do()
    {
        var serde = _serdes.Protobuf<Timestamp>().For(Bytes.Values());
        var bytes = Bytes.Of(serde, new Timestamp { Seconds = 5 });

        Assert.Equal(5, serde.Deserialize([.. bytes[..5], 2, 0, .. bytes[6..]]).Seconds);
    }

    [Fact]
    public void Another_type_of_message_is_not_read_as_this_one()
    {
        var other = Bytes.Of(_serdes.Protobuf<Duration>().For(Bytes.Values()), new Duration { Seconds = 5 });

        var error = Assert.Throws<FormatException>(() => _serdes.Protobuf<Timestamp>().For(Bytes.Values()).Deserialize(other));

        Assert.Contains("google.protobuf.Duration", error.Message, StringComparison.Ordinal);
        Assert.Contains("version 1 of subject 'orders-value' (schema id 101)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_registry_that_gives_text_only_is_read_from_too()
    {
        _registry.GivesTextOnly = true;
        var bytes = Bytes.Of(_serdes.Protobuf<Timestamp>().For(Bytes.Values()), new Timestamp { Seconds = 5 });

        Assert.Equal(5, _serdes.Protobuf<Timestamp>().For(Bytes.Values()).Deserialize(bytes).Seconds);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 8, 5 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 101 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 101, 0x80 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 101, 1 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 101, 2, 20 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 101, 0, 0xFF })]
    public void Bytes_that_are_no_message_are_told_as_such(byte[] bytes)
    {
        var serde = _serdes.Protobuf<Timestamp>().For(Bytes.Values());
        Bytes.Of(serde, new Timestamp());

        Assert.Contains("the values of topic orders", Assert.Throws<FormatException>(() => serde.Deserialize(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_the_latest_version_records_get_its_id()
    {
        Bytes.Of(_serdes.Protobuf<Timestamp>().For(Bytes.Values()), new Timestamp());
        using var serdes = new SchemaRegistrySerdes(_registry.Options with { AutoRegisterSchemas = false, UseLatestVersion = true });

        Assert.Equal(101, Bytes.Of(serdes.Protobuf<Timestamp>().For(Bytes.Values()), new Timestamp())[4]);
    }

    [Fact]
    public void Once_the_schema_is_known_writing_allocates_nothing()
    {
        var serde = _serdes.Protobuf<Timestamp>().For(Bytes.Values());
        var value = new Timestamp { Seconds = 5 };
        var writer = new System.Buffers.ArrayBufferWriter<byte>(1 << 16);
        Write(10);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Write(1000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Write(int times)
        {
            for (var i = 0; i < times; i++)
            {
                writer.ResetWrittenCount();
                serde.Serialize(value, writer);
            }
        }
    }
}
