using StreamFlow.Serialization;

namespace StreamFlow.Tests.Serialization;

/// <summary>Expected bytes were written by the serdes of Apache Kafka 4.3.1.</summary>
public sealed class SerdesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("aä€😀", "61c3a4e282acf09f9880")]
    public void String_writes_the_bytes_of_Kafka(string value, string bytes)
    {
        Assert.Equal(bytes, Write(Serdes.String, value));
        Assert.Equal(value, Read(Serdes.String, bytes));
    }

    [Fact]
    public void String_replaces_what_is_no_text_as_Java_does()
    {
        Assert.Equal("783f79", Write(Serdes.String, "x" + (char)0xD800 + "y"));
        Assert.Equal("a\uFFFD\uFFFD", Read(Serdes.String, "61ffe282"));
    }

    [Fact]
    public void Numbers_are_big_endian()
    {
        RoundTrip(Serdes.Int16, (short)-2, "fffe");
        RoundTrip(Serdes.Int32, -123456789, "f8a432eb");
        RoundTrip(Serdes.Int64, long.MinValue + 1, "8000000000000001");
        RoundTrip(Serdes.Single, -1.5f, "bfc00000");
        RoundTrip(Serdes.Single, float.NaN, "7fc00000");
        RoundTrip(Serdes.Double, Math.PI, "400921fb54442d18");
        RoundTrip(Serdes.Double, double.NaN, "7ff8000000000000");
        RoundTrip(Serdes.Boolean, true, "01");
        RoundTrip(Serdes.Boolean, false, "00");
    }

    [Fact]
    public void Guid_is_its_text_in_lower_case() => RoundTrip(
        Serdes.Guid,
        Guid.Parse("0F8FAD5B-D9CB-469F-A165-70867728950E"),
        "30663866616435622d643963622d343639662d613136352d373038363737323839353065");

    [Fact]
    public void Windowed_writes_key_and_start_and_adds_the_size_when_reading() => RoundTrip(
        Serdes.Windowed(Serdes.String, TimeSpan.FromMinutes(1)),
        new Windowed<string>("k", new Window(1700000040000, 1700000100000)),
        "6b0000018bcfe60440");

    [Fact]
    public void Windowed_at_the_end_of_time_does_not_overflow() => Assert.Equal(
        long.MaxValue,
        Read(Serdes.Windowed(Serdes.String, TimeSpan.FromMinutes(1)), "6b7fffffffffffffff").Window.End);

    [Theory]
    [InlineData("00")]
    [InlineData("000000000000000000")]
    [InlineData("")]
    public void Wrong_length_is_refused(string bytes)
    {
        var error = Assert.Throws<FormatException>(() => Read(Serdes.Int64, bytes));
        Assert.Contains($"8 bytes; got {bytes.Length / 2}", error.Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => Read(Serdes.Int32, bytes));
        Assert.Throws<FormatException>(() => Read(Serdes.Int16, bytes));
        Assert.Throws<FormatException>(() => Read(Serdes.Double, bytes));
        Assert.Throws<FormatException>(() => Read(Serdes.Single, bytes));
        Assert.Throws<FormatException>(() => Read(Serdes.Guid, bytes));
    }

    [Theory]
    [InlineData("02")]
    [InlineData("0101")]
    public void Boolean_other_than_0_and_1_is_refused(string bytes) =>
        Assert.Throws<FormatException>(() => Read(Serdes.Boolean, bytes));

    [Fact]
    public void Guid_that_is_no_UUID_is_refused() => Assert.Throws<FormatException>(
        () => Serdes.Guid.Deserialize("0f8fad5b-d9cb-469f-a165-70867728950x"u8));

    [Fact]
    public void Windowed_key_without_room_for_the_start_is_refused() => Assert.Throws<FormatException>(
        () => Read(Serdes.Windowed(Serdes.String, TimeSpan.FromMinutes(1)), "0000"));

    private static void RoundTrip<T>(ISerde<T> serde, T value, string bytes)
    {
        Assert.Equal(bytes, Write(serde, value));
        Assert.Equal(value, Read(serde, bytes));
    }

    private static string Write<T>(ISerde<T> serde, T value)
    {
        var buffer = new PooledBuffer();
        serde.Serialize(value, buffer);
        return Convert.ToHexStringLower(buffer.Written);
    }

    private static T Read<T>(ISerde<T> serde, string hex) => serde.Deserialize(Convert.FromHexString(hex));
}
