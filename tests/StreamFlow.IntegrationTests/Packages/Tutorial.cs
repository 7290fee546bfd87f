using System.Text.RegularExpressions;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>docs/tutorial/first-application.md: its files and its commands, by the names that stand in comments before them.</summary>
internal sealed partial class Tutorial
{
    private readonly string _text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "tutorial", "first-application.md"));

    /// <summary>What the reader is told to put where, by the path within the project.</summary>
    public IReadOnlyList<(string Path, string Text)> Files => [.. FileBlock().Matches(_text).Select(m => (m.Groups[1].Value, m.Groups[2].Value))];

    /// <summary>The commands of a step.</summary>
    public string Step(string name) => StepBlock().Matches(_text).Single(m => m.Groups[1].Value == name).Groups[2].Value;

    /// <summary>What the reader is told to see after a step.</summary>
    public string Seen(string step)
    {
        var text = _text[_text.IndexOf($"<!-- step: {step} -->", StringComparison.Ordinal)..];
        return text.Split("```text\n")[1].Split("```")[0];
    }

    [GeneratedRegex("<!-- file: (\\S+) -->\n```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex FileBlock();

    [GeneratedRegex("<!-- step: (\\S+) -->\n```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex StepBlock();
}
