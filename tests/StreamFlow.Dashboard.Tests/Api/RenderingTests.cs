using System.Text;
using StreamFlow.Dashboard;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>Keys and values of all kinds can be shown, and none of them harms.</summary>
public sealed class RenderingTests
{
    [Fact]
    public void Bytes_are_text_JSON_or_hex()
    {
        Assert.Equal(new TextModel("a", null, "61", 1, false, "text"), Texts.OfBytes("a"u8.ToArray()));
        Assert.Equal("""{"a":1}""", Texts.OfBytes("""{"a":1}"""u8.ToArray()).Json);
        Assert.Null(Texts.OfBytes("""{"a":1"""u8.ToArray()).Json);
        Assert.Equal(new TextModel("258", null, "0000000000000102", 8, false, "long?"), Texts.OfBytes([0, 0, 0, 0, 0, 0, 1, 2]));
        Assert.Equal(new TextModel(null, null, "ff00", 2, false, "bytes"), Texts.OfBytes([0xff, 0]));
        Assert.Equal(new TextModel(null, null, null, null, false, null), Texts.OfBytes(null));
    }

    [Fact]
    public void Long_ones_are_cut_between_letters()
    {
        var text = Texts.OfBytes(Encoding.UTF8.GetBytes(new string('a', 4095) + "😀 and more"));

        Assert.True(text.Cut);
        Assert.Equal(4095, text.Text!.Length);
        Assert.Equal(8192, text.Hex!.Length);
        Assert.Equal(4095 + 4 + 9, text.Bytes);
    }

    [Fact]
    public void Values_are_JSON_and_those_that_cannot_be_are_what_they_say_of_themselves()
    {
        Assert.Equal("""{"name":"x","data":"0aff"}""", Texts.OfValue(new Named("x", [0x0a, 0xff])).Json);
        Assert.Equal("12.5", Texts.OfValue(12.5m).Text);
        Assert.Equal("(Throws.ToString() has thrown: no)", Texts.OfValue(new Throws()).Text);
        Assert.Equal("says so", Texts.OfValue(new Silent()).Text);
    }

    [Fact]
    public void Keys_are_read_by_their_type()
    {
        Assert.Equal(-5, KeyParser.Parse<int>("key", "-5"));
        Assert.Equal(1.5, KeyParser.Parse<double>("key", "1.5"));
        Assert.Equal(DayOfWeek.Friday, KeyParser.Parse<DayOfWeek>("key", "friday"));
        Assert.Equal(new Pair("a", 1), KeyParser.Parse<Pair>("key", """{"name":"a","number":1}"""));
        Assert.Equal([0x0a, 0x1b], KeyParser.Parse<byte[]>("key", "0a1b"));
        Assert.Contains("a GUID such as", Assert.Throws<ApiException>(() => KeyParser.Parse<Guid>("key", "x")).Message, StringComparison.Ordinal);
        Assert.Contains("Pair as JSON", Assert.Throws<ApiException>(() => KeyParser.Parse<Pair>("key", "a")).Message, StringComparison.Ordinal);
        Assert.Contains("type Byte", Assert.Throws<ApiException>(() => KeyParser.Parse<byte>("key", "256")).Message, StringComparison.Ordinal);
    }

    private sealed record Named(string Name, byte[] Data);

    private sealed record Pair(string Name, int Number);

    private sealed class Throws
    {
        public string Member { get => field.Length > 0 ? field : throw new InvalidOperationException("no"); } = string.Empty;

        public override string ToString() => throw new InvalidOperationException("no");
    }

    private sealed class Silent
    {
        public override string ToString() => "says so";
    }
}
