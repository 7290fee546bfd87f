using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace StreamFlow.Protocol.Generator;

/// <summary>Reads one block of the layout file: an API's two messages, or data.</summary>
internal sealed class LayoutParser
{
    private readonly List<(string Text, int Indent, int Line)> _lines = new();
    private readonly BlockHead _head;
    private int _next = 1;

    private LayoutParser(LayoutBlock block)
    {
        var number = block.FirstLine;
        foreach (var whole in block.Text.Split('\n'))
        {
            var comment = whole.IndexOf('#');
            var text = (comment < 0 ? whole : whole.Substring(0, comment)).TrimEnd();
            if (text.Length > 0)
            {
                var spaces = text.Length - text.TrimStart(' ').Length;
                if (spaces % 2 != 0 || text.IndexOf('\t') >= 0)
                {
                    throw new LayoutException(number, "Lines are indented by two spaces for each level.");
                }

                _lines.Add((text, spaces / 2, number));
            }

            number++;
        }

        _head = HeadParser.Parse(_lines[0].Text, _lines[0].Line);
    }

    /// <summary>The messages of a block.</summary>
    /// <exception cref="LayoutException">A line cannot be understood.</exception>
    public static IReadOnlyList<MessageLayout> Parse(LayoutBlock block) => new LayoutParser(block).ReadBlock();

    private List<MessageLayout> ReadBlock()
    {
        var messages = new List<MessageLayout>();
        if (_head.IsApi)
        {
            messages.Add(ReadSection("request", MessageRole.Request, "Request"));
            messages.Add(ReadSection("response", MessageRole.Response, "Response"));
        }
        else
        {
            messages.Add(ReadMessage(_head.Name, MessageRole.Data, 1));
        }

        return _next == _lines.Count
            ? messages
            : throw new LayoutException(_lines[_next].Line, $"'{_lines[_next].Text.Trim()}' stands outside of what {_head.Name} consists of.");
    }

    private MessageLayout ReadSection(string word, MessageRole role, string suffix)
    {
        if (_next == _lines.Count || _lines[_next].Indent != 1 || _lines[_next].Text.Trim() != word)
        {
            var line = _lines[Math.Min(_next, _lines.Count - 1)].Line;
            throw new LayoutException(line, $"A line '{word}' is expected here: an API has a request and a response, in this order.");
        }

        _next++;
        return ReadMessage(_head.Name + suffix, role, 2);
    }

    private MessageLayout ReadMessage(string name, MessageRole role, int indent)
    {
        var message = new MessageLayout(name, role, _head);
        ReadFields(message.Root, indent);
        while (_next < _lines.Count && _lines[_next].Indent == indent)
        {
            var words = _lines[_next].Text.Trim().Split(' ');
            if (words.Length != 2 || words[0] != "struct" || message.Shared.ContainsKey(words[1]))
            {
                throw new LayoutException(_lines[_next].Line, $"'struct Name' with a name of its own is expected, not '{_lines[_next].Text.Trim()}'.");
            }

            var shared = new StructLayout(_head.Versions) { TypeName = name + words[1] };
            message.Shared.Add(words[1], shared);
            _next++;
            ReadFields(shared, indent + 1);
        }

        StructNames.Assign(message);
        return message;
    }

    private void ReadFields(StructLayout into, int indent)
    {
        while (_next < _lines.Count && _lines[_next].Indent == indent && !_lines[_next].Text.TrimStart().StartsWith("struct ", StringComparison.Ordinal))
        {
            var (text, _, line) = _lines[_next++];
            var field = FieldParser.Parse(text, line, into.Versions, _head.Versions.To, _head.FlexibleFrom);
            if (into.Fields.Any(f => f.Name == field.Name || (f.Tag is not null && f.Tag == field.Tag)))
            {
                throw new LayoutException(line, $"{field.Name}, or its tag, is here for the second time.");
            }

            into.Fields.Add(field);
            if (field.Kind == FieldKind.Struct && field.SharedStruct is null)
            {
                field.Struct = new StructLayout(field.Versions);
                ReadFields(field.Struct, indent + 1);
                if (field.Struct.Fields.Count == 0)
                {
                    throw new LayoutException(line, $"{field.Name} is a struct without fields: they are expected below it, indented by two more spaces.");
                }
            }
        }

        if (_next < _lines.Count && _lines[_next].Indent > indent)
        {
            throw new LayoutException(_lines[_next].Line, $"'{_lines[_next].Text.Trim()}' is indented more than what it stands below.");
        }
    }
}

/// <summary>Reads <c>api Name number versions a-b [flexible n+] [unstable n]</c> and <c>data Name versions a-b [flexible n+] [type n]</c>.</summary>
internal static class HeadParser
{
    private static readonly char[] Space = [' '];

    public static BlockHead Parse(string text, int line)
    {
        var words = text.Split(Space, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || words[0] is not ("api" or "data"))
        {
            throw new LayoutException(line, $"'{text}' is no beginning: 'api Name number versions a-b' or 'data Name versions a-b' is expected.");
        }

        var head = new BlockHead { IsApi = words[0] == "api", Name = words[1] };
        var at = 2;
        if (head.IsApi)
        {
            head.Number = at < words.Length ? Number(words[at++], line) : throw new LayoutException(line, $"{head.Name} has no number.");
        }

        for (; at + 1 < words.Length; at += 2)
        {
            Set(head, words[at], words[at + 1], line);
        }

        return at == words.Length && !head.Versions.IsEmpty
            ? head
            : throw new LayoutException(line, $"{head.Name} has no 'versions', or a word too many at its end.");
    }

    private static void Set(BlockHead head, string word, string value, int line)
    {
        switch (word)
        {
            case "versions":
                head.Versions = VersionRange.TryParse(value, -1, out var range)
                    ? range
                    : throw new LayoutException(line, $"'{value}' is no range of versions: '3' or '3-5' is expected.");
                break;
            case "flexible":
                head.FlexibleFrom = Number(value.TrimEnd('+'), line);
                break;
            case "unstable":
                head.UnstableFrom = Number(value, line);
                break;
            case "type" when !head.IsApi:
                head.Number = Number(value, line);
                break;
            default:
                throw new LayoutException(line, $"'{word}' is not understood behind {head.Name}: versions, flexible, unstable and, for data, type are.");
        }
    }

    private static int Number(string text, int line) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < short.MaxValue
            ? number
            : throw new LayoutException(line, $"'{text}' is no number.");
}
