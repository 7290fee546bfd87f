using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using StreamFlow.Tests.Architecture;

namespace StreamFlow.Tests.Docs;

/// <summary>
/// docs/reference/errors.md has every public exception and every log message from Warning on, with its id, and nothing that is
/// not there any more.
/// </summary>
public sealed partial class ErrorsPageTests
{
    /// <summary>The number that each project gives its logger; others log nothing.</summary>
    private static readonly Dictionary<string, int> Projects = new()
    {
        ["StreamFlow"] = 1, ["StreamFlow.Kafka"] = 2, ["StreamFlow.Hosting"] = 3, ["StreamFlow.Hosting.Embedded"] = 4,
        ["StreamFlow.Dashboard"] = 5, ["StreamFlow.Broker"] = 6,
    };

    private static readonly List<Match> Rows =
        [.. Row().Matches(File.ReadAllText(SourceTree.FullPath("docs/reference/errors.md"))).Select(m => m)];

    [Fact]
    public void Log_messages_and_rows_are_the_same()
    {
        var declared = Messages().Order().ToList();

        Assert.True(declared.Count > 50, $"Only {declared.Count} messages were found.");
        Compare(declared, RowsOf("SF[1-9]"));
    }

    [Fact]
    public void Exceptions_and_rows_are_the_same()
    {
        var declared = Exceptions().Order().ToList();

        Assert.True(declared.Count >= 10, $"Only {declared.Count} exceptions were found.");
        Compare(declared, RowsOf("SF09"));
    }

    [Fact]
    public void Ids_are_unique() =>
        SourceTree.AssertNone(Rows.GroupBy(r => r.Groups["id"].Value).Where(g => g.Count() > 1).Select(g => g.Key));

    [Fact]
    public void Every_row_has_cause_and_remedy() =>
        SourceTree.AssertNone(
            Rows.Where(r => r.Groups["cause"].Value.Trim().Length < 10 || r.Groups["remedy"].Value.Trim().Length < 5).Select(r => r.Value));

    [Fact]
    public void Every_project_gives_its_logger_its_number() =>
        SourceTree.AssertNone(
            from project in Projects
            where !SourceTree.ProductFiles.Any(f => f.Path.StartsWith($"src/{project.Key}/", StringComparison.Ordinal)
                && f.Text.Contains($"project: {project.Value},", StringComparison.Ordinal))
            select project.Key);

    [Fact]
    public void Exceptions_have_their_id_in_the_message()
    {
        var error = new StateStoreException("The disk is full.");

        Assert.Equal("The disk is full. [SF0905]", error.Message);
        Assert.Equal("SF0905", error.ErrorId);
        Assert.EndsWith("[SF0908]", new SlowRecordException(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Warnings_have_their_id_in_the_line_and_others_have_none()
    {
        var log = new ListLogger();
        var guarded = new StreamFlow.Runtime.GuardedLogger(log, project: 2, static () => { });

        guarded.Log(Microsoft.Extensions.Logging.LogLevel.Warning, new(7), "x", null, static (s, _) => s);
        guarded.Log(Microsoft.Extensions.Logging.LogLevel.Information, new(8), "y", null, static (s, _) => s);

        Assert.Equal(["x [SF2007]", "y"], log.Messages);
    }

    private static IEnumerable<string> RowsOf(string ids) =>
        from row in Rows
        where Regex.IsMatch(row.Groups["id"].Value, "^" + ids)
        select $"{row.Groups["id"].Value} {row.Groups["what"].Value}";

    private static void Compare(IEnumerable<string> declared, IEnumerable<string> told) => SourceTree.AssertNone(
    [
        .. declared.Except(told).Select(m => $"{m} is not in docs/reference/errors.md: add a row with cause and remedy."),
        .. told.Except(declared).Select(m => $"{m} is in docs/reference/errors.md, and is no message of this id, level and name."),
    ]);

    private static IEnumerable<string> Messages() =>
        from file in SourceTree.ProductFiles
        from method in file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>()
        from attribute in method.AttributeLists.SelectMany(l => l.Attributes)
        where attribute.Name.ToString() == "LoggerMessage"
        let arguments = attribute.ArgumentList!.Arguments
        let level = HasLevelOfTheCaller(method) ? "Warning" : arguments[1].Expression.ToString().Split('.')[^1]
        where level is "Warning" or "Error" or "Critical"
        let id = (Projects[file.Path.Split('/')[1]] * 1000) + int.Parse(arguments[0].Expression.ToString(), CultureInfo.InvariantCulture)
        select $"SF{id} {level} `{method.Identifier.Text}`";

    /// <summary>Such a message may be a warning, so it is told as one.</summary>
    private static bool HasLevelOfTheCaller(MethodDeclarationSyntax method) =>
        method.ParameterList.Parameters.Any(p => p.Type?.ToString() == "LogLevel");

    private static IEnumerable<string> Exceptions() =>
        from file in SourceTree.ProductFiles
        from type in file.Syntax.DescendantNodes().OfType<ClassDeclarationSyntax>()
        where type.Identifier.Text.EndsWith("Exception", StringComparison.Ordinal)
            && type.Modifiers.Any(m => m.IsKind(SyntaxKind.PublicKeyword))
        select $"{Id().Match(type.ToString()).Groups[1].Value} `{type.Identifier.Text}`";

    [GeneratedRegex(@"^\| (?<id>SF\d{4}) \| (?<what>[^|]+) \| (?<cause>[^|]*) \| (?<remedy>[^|]*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("\"(SF09\\d\\d)\"")]
    private static partial Regex Id();
}
