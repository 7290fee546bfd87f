using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Records;

/// <summary>
/// What the bytes of a key or a value are, by name: text, JSON, numbers as Java's serializers write them, bytes in hex or base64, and keys of
/// windows around any of these.
/// </summary>
/// <param name="Name">As it is given.</param>
/// <param name="Window">How a window is written behind the key; none for keys that have none.</param>
internal sealed record ValueFormat(string Name, WindowKind Window = WindowKind.None)
{
    private static readonly string[] Plain = ["string", "json", "long", "int", "short", "double", "float", "uuid", "hex", "base64"];

    /// <summary>All names, for messages and help.</summary>
    public static string Names { get; } = $"{string.Join(", ", Plain)}; and windowed:, session: or window-store: in front of one of these";

    /// <summary>Reads a name such as <c>long</c> or <c>windowed:string</c>.</summary>
    public static bool TryParse(string text, out ValueFormat format)
    {
        string[] parts = text.ToLowerInvariant().Split(':');
        WindowKind window = parts.Length == 1 ? WindowKind.None : parts[0] switch { "windowed" => WindowKind.Time, "session" => WindowKind.Session, "window-store" => WindowKind.Store, _ => WindowKind.None };
        format = new ValueFormat(parts[^1], window);
        return parts.Length <= 2 && (parts.Length == 1 || window != WindowKind.None) && Plain.Contains(parts[^1]);
    }

    /// <summary>Bytes as text; those that are not of the format are told in hex, never dropped.</summary>
    public string Read(ReadOnlySpan<byte> bytes)
    {
        if (Window == WindowKind.None)
        {
            return ReadPlain(bytes);
        }

        int tail = Window switch { WindowKind.Session => 16, WindowKind.Store => 12, _ => 8 };
        if (bytes.Length < tail)
        {
            return Unreadable(bytes);
        }

        ReadOnlySpan<byte> times = bytes[^tail..];
        string key = ReadPlain(bytes[..^tail]);
        long first = BinaryPrimitives.ReadInt64BigEndian(times);
        return Window == WindowKind.Session ? $"{key} [{Date(BinaryPrimitives.ReadInt64BigEndian(times[8..]))} .. {Date(first)}]" : $"{key} [{Date(first)}]";
    }

    /// <summary>Text as bytes.</summary>
    /// <exception cref="CommandException">The text is none of the format.</exception>
    public byte[] Write(string text, string what)
    {
        if (Window != WindowKind.None)
        {
            throw new CommandException($"{what} cannot be written as {Window.ToString().ToLowerInvariant()}:{Name}: keys of windows are an application's own; give {string.Join(", ", Plain)}.", ExitCode.Usage);
        }

        try
        {
            return WritePlain(text);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or JsonException)
        {
            throw new CommandException($"{what} is '{text}', which is no {Name}: {exception.Message}", ExitCode.Failed, exception);
        }
    }

    private string ReadPlain(ReadOnlySpan<byte> bytes) => (Name, bytes.Length) switch
    {
        ("string" or "json", _) => Encoding.UTF8.GetString(bytes),
        ("long", 8) => BinaryPrimitives.ReadInt64BigEndian(bytes).ToString(CultureInfo.InvariantCulture),
        ("int", 4) => BinaryPrimitives.ReadInt32BigEndian(bytes).ToString(CultureInfo.InvariantCulture),
        ("short", 2) => BinaryPrimitives.ReadInt16BigEndian(bytes).ToString(CultureInfo.InvariantCulture),
        ("double", 8) => BinaryPrimitives.ReadDoubleBigEndian(bytes).ToString("R", CultureInfo.InvariantCulture),
        ("float", 4) => BinaryPrimitives.ReadSingleBigEndian(bytes).ToString("R", CultureInfo.InvariantCulture),
        ("uuid", 36) => Encoding.UTF8.GetString(bytes),
        ("hex", _) => Convert.ToHexStringLower(bytes),
        ("base64", _) => Convert.ToBase64String(bytes),
        _ => Unreadable(bytes),
    };

    private byte[] WritePlain(string text)
    {
        byte[] bytes = new byte[8];
        switch (Name)
        {
            case "long": BinaryPrimitives.WriteInt64BigEndian(bytes, long.Parse(text, CultureInfo.InvariantCulture)); return bytes;
            case "int": BinaryPrimitives.WriteInt32BigEndian(bytes, int.Parse(text, CultureInfo.InvariantCulture)); return bytes[..4];
            case "short": BinaryPrimitives.WriteInt16BigEndian(bytes, short.Parse(text, CultureInfo.InvariantCulture)); return bytes[..2];
            case "double": BinaryPrimitives.WriteDoubleBigEndian(bytes, double.Parse(text, CultureInfo.InvariantCulture)); return bytes;
            case "float": BinaryPrimitives.WriteSingleBigEndian(bytes, float.Parse(text, CultureInfo.InvariantCulture)); return bytes[..4];
            case "uuid": return Encoding.UTF8.GetBytes(Guid.Parse(text).ToString());
            case "hex": return Convert.FromHexString(text);
            case "base64": return Convert.FromBase64String(text);
            case "json":
                using (JsonDocument.Parse(text))
                {
                    return Encoding.UTF8.GetBytes(text);
                }

            default: return Encoding.UTF8.GetBytes(text);
        }
    }

    private string Unreadable(ReadOnlySpan<byte> bytes) => FormattableString.Invariant($"(no {Name}: {bytes.Length} bytes, 0x{Convert.ToHexStringLower(bytes)})");

    private static string Date(long milliseconds) => milliseconds is >= -62_135_596_800_000 and <= 253_402_300_799_999
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture)
        : milliseconds.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How Kafka Streams writes the window of a key.</summary>
internal enum WindowKind
{
    None,

    /// <summary>The start behind the key, as in topics of results.</summary>
    Time,

    /// <summary>Start and a sequence number behind the key, as in changelogs of stores.</summary>
    Store,

    /// <summary>End and start behind the key.</summary>
    Session,
}
