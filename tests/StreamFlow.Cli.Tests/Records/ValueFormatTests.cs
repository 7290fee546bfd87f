using StreamFlow.Cli.Output;
using StreamFlow.Cli.Records;

namespace StreamFlow.Cli.Tests.Records;

public sealed class ValueFormatTests
{
    [Theory]
    [InlineData("string", "68c3a9", "h\u00e9")]
    [InlineData("long", "fffffffffffffffb", "-5")]
    [InlineData("int", "00000007", "7")]
    [InlineData("short", "0007", "7")]
    [InlineData("double", "3ff8000000000000", "1.5")]
    [InlineData("float", "3fc00000", "1.5")]
    [InlineData("hex", "00ff", "00ff")]
    [InlineData("base64", "00ff", "AP8=")]
    public void Bytes_are_read_and_written_as_Javas_serializers_do(string name, string hex, string text)
    {
        Assert.True(ValueFormat.TryParse(name, out ValueFormat format));

        Assert.Equal(text, format.Read(Convert.FromHexString(hex)));
        Assert.Equal(hex, Convert.ToHexStringLower(format.Write(text, "It")));
    }

    [Theory]
    [InlineData("windowed:string", "61" + "0000000000000000", "a [1970-01-01T00:00:00Z]")]
    [InlineData("windowed:long", "0000000000000007" + "00000000000003e8", "7 [1970-01-01T00:00:01Z]")]
    [InlineData("window-store:string", "61" + "00000000000003e8" + "00000000", "a [1970-01-01T00:00:01Z]")]
    [InlineData("session:string", "61" + "00000000000007d0" + "00000000000003e8", "a [1970-01-01T00:00:01Z .. 1970-01-01T00:00:02Z]")]
    public void Keys_of_windows_are_read_as_the_engine_writes_them(string name, string hex, string text)
    {
        Assert.True(ValueFormat.TryParse(name, out ValueFormat format));
        Assert.Equal(text, format.Read(Convert.FromHexString(hex)));
    }

    [Theory]
    [InlineData("long", "00ff", "(no long: 2 bytes, 0x00ff)")]
    [InlineData("windowed:string", "00ff", "(no string: 2 bytes, 0x00ff)")]
    public void Bytes_that_are_none_of_the_format_are_told_in_hex(string name, string hex, string text)
    {
        Assert.True(ValueFormat.TryParse(name, out ValueFormat format));
        Assert.Equal(text, format.Read(Convert.FromHexString(hex)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("windowed")]
    [InlineData("other:string")]
    public void Unknown_formats_are_none(string name) => Assert.False(ValueFormat.TryParse(name, out _));

    [Theory]
    [InlineData("json", "{")]
    [InlineData("uuid", "x")]
    [InlineData("windowed:string", "a")]
    public void Text_that_is_none_of_the_format_is_refused_with_the_place(string name, string text)
    {
        Assert.True(ValueFormat.TryParse(name, out ValueFormat format));
        Assert.StartsWith("The key of line 3 ", Assert.Throws<CommandException>(() => format.Write(text, "The key of line 3")).Message, StringComparison.Ordinal);
    }
}
