using StreamFlow.Tests.Architecture;
using Xunit.Abstractions;

namespace StreamFlow.Tests.Conformance;

/// <summary>
/// Every recorded run is a test, and what comes of it otherwise is told in docs/guide/differences.md. The totals go to the output and
/// into a file that <c>test.sh</c> prints.
/// </summary>
public sealed class LedgerTests(ITestOutputHelper output)
{
    /// <summary>How many runs the recordings had that these tests began with.</summary>
    private const int RecordedRuns = 319;

    private static IEnumerable<string> Compared => ScenarioRunner.Names
        .Concat(Recorded.Blocks("SuppressChangelogs.recorded.txt", "== ").Keys)
        .Concat(Recorded.Blocks("Descriptions.recorded.txt", "== ").Keys);

    [Fact]
    public void Every_recorded_run_is_in_the_ledger_once_and_every_entry_has_a_recording_or_a_test()
    {
        var headings = LedgerEntry.All.Select(entry => entry.Heading).ToList();
        SourceTree.AssertNone(headings.Except(headings.Distinct(StringComparer.Ordinal)).Select(h => $"{h} stands there twice."));
        SourceTree.AssertNone(Compared.Except(headings).Select(h => $"{h} is recorded, but not in Ledger.txt."));
        SourceTree.AssertNone(LedgerEntry.All.Where(entry => entry.Test is null).Select(entry => entry.Heading).Except(ScenarioRunner.Names)
            .Select(h => $"{h} has neither a recording that is run nor a test of its own."));
        Assert.Equal(headings.Count, headings.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(RecordedRuns, LedgerEntry.All.Count(entry => !entry.IsMore));
    }

    [Fact]
    public void Every_test_that_is_named_is_there() =>
        SourceTree.AssertNone(LedgerEntry.All.Where(entry => entry.Test is not null && !entry.HasTest())
            .Select(entry => $"{entry.Heading}: there is no test {entry.Test}."));

    [Fact]
    public void Every_mended_run_has_its_paragraph()
    {
        var paragraphs = File.ReadLines(SourceTree.FullPath("docs/guide/differences.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) || line.StartsWith('#'))
            .Select(line => line.TrimStart('|', '#', ' '))
            .ToList();
        SourceTree.AssertNone(LedgerEntry.All
            .Where(entry => entry.Paragraph is not null && paragraphs.Count(p => p.StartsWith(entry.Paragraph, StringComparison.Ordinal)) != 1)
            .Select(entry => $"{entry.Heading}: not one row or section of differences.md begins with '{entry.Paragraph}'."));
    }

    [Fact]
    public void Every_run_has_the_outcome_that_is_told_and_the_totals_are_written()
    {
        var wrong = LedgerEntry.All.Where(entry => entry.Test is null).Select(entry => (entry, why: Wrong(entry)))
            .Where(found => found.why is not null).ToDictionary(found => found.entry, found => found.why!);
        var line = $"conformance: {RecordedRuns} recorded runs of Kafka Streams 4.3.1: {Totals(isMore: false, wrong.Keys)}, "
            + $"{wrong.Count} left out ({LedgerEntry.All.Count(entry => entry.IsMore)} more, recorded since: {Totals(isMore: true, wrong.Keys)})";
        output.WriteLine(line);
        var file = SourceTree.FullPath("artifacts/test-results/conformance.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, line + Environment.NewLine);
        SourceTree.AssertNone(wrong.Values);
    }

    private static string Totals(bool isMore, IEnumerable<LedgerEntry> wrong)
    {
        var entries = LedgerEntry.All.Where(entry => entry.IsMore == isMore).Except(wrong).ToList();
        return $"{entries.Count(entry => entry.Paragraph is null)} matched, {entries.Count(entry => entry.Paragraph is not null)} mended on purpose";
    }

    private static string? Wrong(LedgerEntry entry)
    {
        if (!ScenarioRunner.Names.Contains(entry.Heading))
        {
            return $"{entry.Heading} is not run.";
        }

        var (expected, actual) = ScenarioRunner.Run(entry.Heading);
        var isMended = ScenarioRunner.IsMended(entry.Heading);
        return expected != actual ? $"{entry.Heading} gives something else."
            : isMended == (entry.Paragraph is not null) ? null
            : $"{entry.Heading} {(isMended ? "is mended" : "matches")}, the ledger says otherwise.";
    }
}
