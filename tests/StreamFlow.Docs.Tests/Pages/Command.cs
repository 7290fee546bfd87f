using System.Text.RegularExpressions;

namespace StreamFlow.Docs.Tests.Pages;

/// <summary>A command of a page's block of sh, with what follows it on continued lines and in a here-document, without its comment.</summary>
internal sealed partial record Command(string Place, string Text)
{
    public static IEnumerable<Command> All =>
        from page in Page.All
        from snippet in page.Snippets
        where snippet.Language == "sh"
        from text in Split(snippet.Text)
        select new Command(snippet.Place, text);

    /// <summary>Options that the command gives to a program of the repository, by the heading of that program's help in commands.md.</summary>
    public (string Heading, string[] Options)? OwnProgram()
    {
        var match = Own().Match(Text);
        if (!match.Success)
        {
            return null;
        }

        var heading = match.Groups["tool"].Success ? "streamflow"
            : match.Groups["sample"].Success ? "run.sh SAMPLE"
            : match.Groups["script"].Value;
        return (heading, [.. Option().Matches(match.Groups["rest"].Value).Select(m => m.Value)]);
    }

    /// <summary>Paths of the repository that the command names.</summary>
    public IEnumerable<string> Paths() => PathOfTheRepository().Matches(Text).Select(m => m.Value);

    internal static IEnumerable<string> Split(string block)
    {
        string? end = null;
        var text = "";
        foreach (var line in block.Split('\n'))
        {
            var stripped = end is null ? Comment().Replace(line, "").Trim() : line;
            text = text.Length == 0 ? stripped : $"{text}\n{stripped}";
            end ??= HereDocument().Match(stripped) is { Success: true } here ? here.Groups[1].Value : null;
            if ((end is null && !stripped.EndsWith('\\')) || line == end)
            {
                if (text.Length > 0)
                {
                    yield return text;
                }

                (text, end) = ("", null);
            }
        }
    }

    [GeneratedRegex(@"(?:^|\s{2,})#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"<<'(\w+)'$")]
    private static partial Regex HereDocument();

    [GeneratedRegex(@"^(?:(?:\./)?(?:(?<script>run\.sh)(?<sample> (?!-)[\w-]+)?|(?<script>test\.sh|eng/[\w-]+\.sh))|(?<tool>streamflow|dotnet run .*--project src/StreamFlow\.Cli .*--)(?= ))(?<rest>.*)$")]
    private static partial Regex Own();

    [GeneratedRegex(@"(?<=\s)--[a-z][\w-]*")]
    private static partial Regex Option();

    [GeneratedRegex(@"(?<![\w./-])(?:src|samples|tests|eng|deploy)/[\w./-]+")]
    private static partial Regex PathOfTheRepository();
}
