using System.Text.RegularExpressions;
using StreamFlow.Tests.Architecture;

namespace StreamFlow.Tests.Docs;

/// <summary>What the pages for those who come from Kafka Streams and from Streamiz name exists.</summary>
public sealed partial class MappingPageTests
{
    private static readonly string[][] Rows =
    [
        .. new[] { "docs/guide/from-kafka-streams.md", "docs/guide/from-streamiz.md" }
            .SelectMany(page => File.ReadLines(SourceTree.FullPath(page)))
            .Where(line => line.StartsWith('|') && !line.StartsWith("|-", StringComparison.Ordinal))
            .Select(line => line.Split('|'))
            .Where(row => row[1].Trim() is not ("Kafka Streams" or "Streamiz")),
    ];

    [Fact]
    public void Every_name_is_public()
    {
        var names = Names().ToList();

        Assert.True(names.Count > 100, $"Only {names.Count} names were found.");
        var known = PublicNames();
        SourceTree.AssertNone(names.Where(name => !known.Contains(name)));
    }

    [Fact]
    public void Every_row_says_where_it_is() => Assert.DoesNotContain(Rows, row => string.IsNullOrWhiteSpace(row[2]));

    private static IEnumerable<string> Names() => Rows.SelectMany(row => Code().Matches(row[2]))
        .Select(match => match.Groups[1].Value)
        .Where(name => char.IsUpper(name[0]))
        .Distinct();

    /// <summary><c>Type</c> and <c>Type.Member</c> of all that is public, without namespaces and type parameters.</summary>
    private static HashSet<string> PublicNames() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "PublicAPI.*.txt", SearchOption.AllDirectories)
            .SelectMany(File.ReadLines)
            .Select(line => Symbol().Match(TypeParameters().Replace(line, string.Empty)))
            .Where(match => match.Success)
            .Select(match => match.Groups[2].Success ? $"{match.Groups[1].Value}.{match.Groups[2].Value}" : match.Groups[1].Value),
    ];

    [GeneratedRegex("`([A-Za-z.]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("<[^<>()]*>")]
    private static partial Regex TypeParameters();

    [GeneratedRegex(@"^(?:\[SF\d+\])?(?:[a-z]+ )*StreamFlow\.(?:(?:State|Serialization(?:\.SchemaRegistry)?|Testing|Kafka|Hosting|Broker)\.)?(\w+)(?:\.(\w+))?")]
    private static partial Regex Symbol();
}
