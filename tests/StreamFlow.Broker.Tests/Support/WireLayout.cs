using System.Globalization;

namespace StreamFlow.Broker.Tests.Support;

public sealed record VersionRange(int Min, int Max)
{
    public static VersionRange All { get; } = new(0, int.MaxValue);

    public static VersionRange Never { get; } = new(1, 0);

    public bool Contains(int version) => version >= Min && version <= Max;

    public static VersionRange Parse(string text)
    {
        if (text.EndsWith('+'))
        {
            return new VersionRange(int.Parse(text[..^1], CultureInfo.InvariantCulture), int.MaxValue);
        }

        int[] bounds = [.. text.Split('-').Select(x => int.Parse(x, CultureInfo.InvariantCulture))];
        return new VersionRange(bounds[0], bounds[^1]);
    }
}

public enum LayoutKind
{
    Primitive,
    Array,
    Struct,
}

public sealed record LayoutType(
    LayoutKind Kind, string Primitive, LayoutType? Element, IReadOnlyList<LayoutField> Fields, VersionRange Nullable);

public sealed record LayoutField(string Name, int? Tag, VersionRange Versions, LayoutType Type);

public sealed record ApiLayout(
    string Name, int Key, VersionRange Versions, int FlexibleFrom, LayoutType Request, LayoutType Response);

/// <summary>Parses the notation of wire-layouts.txt.</summary>
public sealed class WireLayout
{
    private readonly string _text;
    private int _position;

    private WireLayout(string text) => _text = text;

    public static IReadOnlyDictionary<int, ApiLayout> All { get; } = Load();

    private static Dictionary<int, ApiLayout> Load()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Protocol", "wire-layouts.txt");
        string[] lines = [.. File.ReadAllLines(path).Where(x => x.Length > 0 && x[0] != '#')];
        Dictionary<int, ApiLayout> apis = [];
        for (int i = 0; i < lines.Length; i += 3)
        {
            string[] head = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int key = int.Parse(head[1]["key=".Length..], CultureInfo.InvariantCulture);
            string flexible = head[3]["flex=".Length..];
            apis[key] = new ApiLayout(
                head[0],
                key,
                VersionRange.Parse(head[2][1..]),
                flexible == "none" ? int.MaxValue : int.Parse(flexible[..^1], CultureInfo.InvariantCulture),
                ParseBody(lines[i + 1], "  REQ "),
                ParseBody(lines[i + 2], "  RESP "));
        }

        return apis;
    }

    private static LayoutType ParseBody(string line, string prefix)
    {
        Assert.StartsWith(prefix, line, StringComparison.Ordinal);
        WireLayout parser = new(line[prefix.Length..].Trim());
        LayoutType body = new(LayoutKind.Struct, "", null, parser.ParseFields(), VersionRange.Never);
        Assert.Equal(parser._text.Length, parser._position);
        return body;
    }

    private List<LayoutField> ParseFields()
    {
        List<LayoutField> fields = [];
        while (_position < _text.Length && _text[_position] is not (']' or ')'))
        {
            if (_text[_position] == ' ')
            {
                _position++;
                continue;
            }

            fields.Add(ParseField());
        }

        return fields;
    }

    private LayoutField ParseField()
    {
        int? tag = null;
        if (Accept("<tag"))
        {
            tag = int.Parse(Until('>'), CultureInfo.InvariantCulture);
        }

        string name = Name();
        VersionRange versions = Accept("{") ? VersionRange.Parse(Until('}')) : VersionRange.All;
        Assert.True(Accept(":"), $"':' expected at {_position} of {_text}");
        return new LayoutField(name, tag, versions, ParseType());
    }

    private LayoutType ParseType()
    {
        if (Accept("["))
        {
            LayoutType element = IsPrimitiveElement()
                ? ParseType()
                : new LayoutType(LayoutKind.Struct, "", null, ParseFields(), VersionRange.Never);
            Assert.True(Accept("]"), $"']' expected at {_position} of {_text}");
            return new LayoutType(LayoutKind.Array, "", element, [], ParseNullable());
        }

        if (Accept("("))
        {
            List<LayoutField> fields = ParseFields();
            Assert.True(Accept(")"), $"')' expected at {_position} of {_text}");
            return new LayoutType(LayoutKind.Struct, "", null, fields, ParseNullable());
        }

        return new LayoutType(LayoutKind.Primitive, Name(), null, [], ParseNullable());
    }

    private VersionRange ParseNullable() =>
        !Accept("?") ? VersionRange.Never : Accept("{") ? VersionRange.Parse(Until('}')) : VersionRange.All;

    private bool IsPrimitiveElement()
    {
        int end = _position;
        while (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] == '_')
        {
            end++;
        }

        return _text[end] is ']' or '?';
    }

    private string Name()
    {
        int start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] == '_'))
        {
            _position++;
        }

        Assert.True(_position > start, $"name expected at {start} of {_text}");
        return _text[start.._position];
    }

    private bool Accept(string token)
    {
        if (string.CompareOrdinal(_text, _position, token, 0, token.Length) != 0)
        {
            return false;
        }

        _position += token.Length;
        return true;
    }

    private string Until(char end)
    {
        int start = _position;
        _position = _text.IndexOf(end, start) + 1;
        return _text[start..(_position - 1)];
    }
}
