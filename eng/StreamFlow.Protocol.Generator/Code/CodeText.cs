using System.Text;

namespace StreamFlow.Protocol.Generator;

/// <summary>Indented C#.</summary>
internal sealed class CodeText
{
    private readonly StringBuilder _text = new();
    private int _indent;

    public void Line(string line)
    {
        _text.Append(' ', line.Length == 0 ? 0 : _indent * 4).Append(line).Append('\n');
    }

    /// <summary>An empty line between members.</summary>
    public void Gap() => _text.Append('\n');

    public void Open(string head)
    {
        Line(head);
        Line("{");
        _indent++;
    }

    public void Close()
    {
        _indent--;
        Line("}");
    }

    /// <summary>A statement in braces, behind a condition when there is one.</summary>
    public void When(string condition, string statement)
    {
        if (condition.Length == 0)
        {
            Line(statement);
            return;
        }

        Open($"if ({condition})");
        Line(statement);
        Close();
    }

    public override string ToString() => _text.ToString();
}
