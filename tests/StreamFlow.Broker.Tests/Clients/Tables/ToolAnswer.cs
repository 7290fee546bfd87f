using System.Text.RegularExpressions;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>What a tool said, without what is another one each time: addresses, ids, times, and the widths of columns.</summary>
internal sealed partial record ToolAnswer(int Code, string Text)
{
    private const int LongestSaid = 110;

    public static ToolAnswer Of(ToolCase command, int code, string output, ToolTarget target)
    {
        string text = Log().Replace(output.Replace("\r", "\n", StringComparison.Ordinal), "");
        text = text.Replace(target.Directory, "DIR", StringComparison.Ordinal).Replace(target.Data, "DATA", StringComparison.Ordinal);
        text = Address().Replace(text, "HOST:PORT");
        text = Path().Replace(text, "FILE");
        text = Moment().Replace(text, "TIME");
        // Apache Kafka's format command makes it a default of the cluster, which every topic then shows.
        text = MinIsr().Replace(text, "");
        text = LongId().Replace(text, "ID");
        text = Base64Id().Replace(text, "ID");
        text = Rules().Replace(text, " ");
        IEnumerable<string> lines = text.Split('\n').Select(static x => Blank().Replace(x, " ").Trim())
            .Where(static x => x.Length > 0 && !Frame().IsMatch(x));
        if (command.Only is { } only)
        {
            lines = lines.Where(x => Regex.IsMatch(x, only));
        }

        if (command.IsFigures)
        {
            lines = lines.Select(static x => Number().Replace(x, "N"));
        }

        if (command.IsUnordered)
        {
            lines = lines.Order(StringComparer.Ordinal);
        }

        return new ToolAnswer(code, string.Join('\n', lines));
    }

    /// <summary>Whether the tool did not do it, by its exit code or by its words: some end with 0 whatever happens.</summary>
    public bool IsRefusal => Code != 0 || Trouble().IsMatch(Text);

    /// <summary>The kinds of exceptions that it names: what two refusals in other words have in common.</summary>
    public IEnumerable<string> Exceptions() =>
        Exception().Matches(Text).Select(static x => x.Value).Distinct().Order(StringComparer.Ordinal);

    /// <summary>In a cell of a table.</summary>
    public string Said()
    {
        string line = Text.Split('\n').FirstOrDefault(static x => Trouble().IsMatch(x)) ?? Text.Split('\n')[0];
        line = line.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
        return line.Length > LongestSaid ? line[..LongestSaid] + "..." : line;
    }

    [GeneratedRegex(@"^\[\d{4}-\d\d-\d\d [^\]]*\] (INFO|DEBUG)[^\n]*\n", RegexOptions.Multiline)]
    private static partial Regex Log();

    [GeneratedRegex(@"(127\.0\.0\.1|localhost)([: ]\d+)?|console-consumer-\d+")]
    private static partial Regex Address();

    [GeneratedRegex(@"(?<=Dumping )\S+")]
    private static partial Regex Path();

    [GeneratedRegex(@"\b1[5-9]\d{11}\b|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d([.:,]\d+)?Z?")]
    private static partial Regex Moment();

    [GeneratedRegex("min\\.insync\\.replicas=1(,|\\b)")]
    private static partial Regex MinIsr();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex LongId();

    [GeneratedRegex("(?<![A-Za-z0-9_.-])(?=[A-Za-z_-]*[0-9A-Z_-])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_.-])")]
    private static partial Regex Base64Id();

    [GeneratedRegex("[-=]{4,}")]
    private static partial Regex Rules();

    /// <summary>Of a stack, and what is left of the end of a tool that may not end its process.</summary>
    [GeneratedRegex(@"^(at |ended$|\.\.\. \d+ more|ToolServer\$Ended)")]
    private static partial Regex Frame();

    [GeneratedRegex(@"[A-Za-z]+Exception\b")]
    private static partial Regex Exception();

    [GeneratedRegex(@"[ \t]+")]
    private static partial Regex Blank();

    [GeneratedRegex(@"\d+([.,]\d+)*")]
    private static partial Regex Number();

    [GeneratedRegex("Error|Exception|error|not support|does not exist|failed|Failed|usage:|did not end")]
    private static partial Regex Trouble();
}
