using System.Reflection;
using System.Text.RegularExpressions;
using StreamFlow.Tests.Architecture;

namespace StreamFlow.Tests.Conformance;

/// <summary>One line of <c>Ledger.txt</c>: what became of a recorded run.</summary>
/// <param name="Heading">The heading of the recording.</param>
/// <param name="Paragraph">For what is mended: how the row or section of docs/guide/differences.md begins.</param>
/// <param name="Test">For what no script can compare: the class and the method, in another project after its name.</param>
/// <param name="IsMore">Whether it was recorded for these tests, beside the recordings that they began with.</param>
internal sealed partial record LedgerEntry(string Heading, string? Paragraph, string? Test, bool IsMore)
{
    private const string MendedMark = "mended: ";

    public static IReadOnlyList<LedgerEntry> All { get; } = [.. Read()];

    /// <summary>Whether there is a test of that name, in this project or in the one that is named.</summary>
    public bool HasTest()
    {
        var slash = Test!.IndexOf('/', StringComparison.Ordinal);
        var (type, method) = (Test[(slash + 1)..Test.LastIndexOf('.')], Test[(Test.LastIndexOf('.') + 1)..]);
        return slash < 0
            ? typeof(LedgerEntry).Assembly.GetTypes().Any(t => t.Name == type
                && t.GetMethod(method) is { } found && found.GetCustomAttributes<FactAttribute>().Any())
            : Directory.EnumerateFiles(SourceTree.FullPath("tests/" + Test[..slash]), type + ".cs", SearchOption.AllDirectories)
                .Any(file => Tests().Matches(File.ReadAllText(file)).Any(match => match.Groups[1].Value == method));
    }

    private static IEnumerable<LedgerEntry> Read()
    {
        var isMore = false;
        foreach (var line in File.ReadLines(SourceTree.FullPath("tests/StreamFlow.Tests/Conformance/Ledger.txt")))
        {
            if (line.StartsWith('#'))
            {
                isMore |= line.StartsWith("# More", StringComparison.Ordinal);
            }
            else if (line.Length > 0)
            {
                yield return Parse(line, isMore);
            }
        }
    }

    private static LedgerEntry Parse(string line, bool isMore)
    {
        var parts = line.Split(" | ");
        var isMended = parts.Length > 1 && parts[1].StartsWith(MendedMark, StringComparison.Ordinal);
        return parts.Length is 2 or 3 && (isMended || parts[1] == "matched")
            ? new LedgerEntry(parts[0], isMended ? parts[1][MendedMark.Length..] : null, parts.ElementAtOrDefault(2), isMore)
            : throw new InvalidOperationException(
                $"Ledger.txt has the line '{line}'; write 'heading | matched' or 'heading | mended: row of differences.md', and ' | Class.Method'.");
    }

    [GeneratedRegex(@"\[(?:Fact|Theory|SkippableFact)\][^;{}]*?public (?:async Task|void) (\w+)\(")]
    private static partial Regex Tests();
}
