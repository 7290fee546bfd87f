using System.Text.RegularExpressions;
using Markdig.Syntax;

namespace StreamFlow.Docs.Tests.Pages;

/// <summary>A fenced block of a page, and what the comment before it says of it.</summary>
internal sealed partial class Snippet(Page page, FencedCodeBlock block)
{
    public Page Page { get; } = page;

    public string Place => $"{Page.Path}:{block.Line + 1}";

    public string Language => block.Info ?? string.Empty;

    public string Text { get; } = block.Lines.ToString().ReplaceLineEndings("\n");

    /// <summary>Why it is not compiled: <c>&lt;!-- not compiled: ... --&gt;</c> on the line before; null where nothing is said.</summary>
    public string? WhyNotCompiled => Before() is { } text && NotCompiled().Match(text) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>Whether it is a file that <c>TutorialTests</c> puts into the project it makes, builds and runs: <c>&lt;!-- file: ... --&gt;</c>.</summary>
    public bool IsFileOfTheTutorial => Page.Path.StartsWith("docs/tutorial/", StringComparison.Ordinal)
        && Before()?.StartsWith("<!-- file: ", StringComparison.Ordinal) == true;

    private string? Before()
    {
        var siblings = block.Parent!;
        var index = siblings.IndexOf(block);
        return index > 0 && siblings[index - 1] is HtmlBlock html ? html.Lines.ToString() : null;
    }

    [GeneratedRegex(@"^<!-- not compiled: (.{10,}) -->$")]
    private static partial Regex NotCompiled();
}
