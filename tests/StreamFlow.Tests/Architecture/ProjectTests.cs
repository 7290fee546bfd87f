using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace StreamFlow.Tests.Architecture;

/// <summary>What the product projects reference and whom they open themselves to.</summary>
public sealed class ProjectTests
{
    private static readonly Dictionary<string, string[]> AllowedReferences = new()
    {
        ["StreamFlow"] = [],
        ["StreamFlow.Protocol"] = [],
        ["StreamFlow.Broker"] = ["StreamFlow.Protocol"],
        ["StreamFlow.Broker.Testing"] = ["StreamFlow.Broker", "StreamFlow.Protocol"],
        ["StreamFlow.Cli"] = ["StreamFlow.Broker", "StreamFlow.Protocol"],
        ["StreamFlow.OpenTelemetry"] = [],
        ["StreamFlow.Kafka"] = ["StreamFlow"],
        ["StreamFlow.RocksDb"] = ["StreamFlow"],
        ["StreamFlow.Serialization.SchemaRegistry"] = ["StreamFlow"],
        ["StreamFlow.Reactive"] = ["StreamFlow"],
        ["StreamFlow.Testing"] = ["StreamFlow"],
        ["StreamFlow.Hosting"] = ["StreamFlow.Kafka", "StreamFlow.RocksDb"],
        ["StreamFlow.Dashboard"] = ["StreamFlow.Hosting"],
        ["StreamFlow.Hosting.Embedded"] = ["StreamFlow.Hosting", "StreamFlow.Broker"],
    };

    private static readonly string[] TestFrameworks =
        ["xunit", "nunit", "mstest", "CsCheck", "Microsoft.NET.Test.Sdk", "coverlet", "NSubstitute", "Moq", "Shouldly"];

    public static TheoryData<string> Projects() => [.. AllowedReferences.Keys];

    [Fact]
    public void Every_product_project_is_known() =>
        Assert.Equal(
            AllowedReferences.Keys.Order(),
            Directory.EnumerateFiles(SourceTree.FullPath("src"), "*.csproj", SearchOption.AllDirectories)
                .Select(Path.GetFileNameWithoutExtension).Order());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Projects_reference_only_what_lies_below(string project) =>
        Assert.Equal(
            AllowedReferences[project].Order(),
            Items(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension).Order());

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_product_project_references_a_test_framework(string project) =>
        Assert.DoesNotContain(
            Items(project, "PackageReference"),
            package => TestFrameworks.Any(f => package.StartsWith(f, StringComparison.OrdinalIgnoreCase)));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Internals_are_open_to_own_tests_only(string project)
    {
        var allowed = new HashSet<string> { project + ".Tests", "StreamFlow.Benchmarks" };
        if (project == "StreamFlow.Broker")
        {
            // The process that tests kill at fault points, which are nobody's else.
            // And the broker that tests script faults of: it stands between connections and handlers, and under the storage.
            allowed.UnionWith(["StreamFlow.Broker.Host", "StreamFlow.Broker.Testing", "StreamFlow.Broker.Testing.Tests"]);
        }

        if (project == "StreamFlow")
        {
            // The exceptions: the test kit runs the engine's own tasks, so that tests equal production; and the engine's
            // views, which are no public surface yet, are read over RocksDB where that is tested.
            allowed.UnionWith(["StreamFlow.Testing", "StreamFlow.Testing.Tests", "StreamFlow.RocksDb.Tests"]);
        }

        if (project == "StreamFlow.Protocol")
        {
            // It has no public API: it is the wire layer of those named here, and of nobody else.
            allowed.UnionWith(["StreamFlow.Broker", "StreamFlow.Broker.Tests", "StreamFlow.Broker.Testing", "StreamFlow.Broker.Testing.Tests", "StreamFlow.Cli", "StreamFlow.Cli.Tests"]);
        }

        Assert.DoesNotContain(Items(project, "InternalsVisibleTo"), friend => !allowed.Contains(friend));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Unsafe_code_is_allowed_only_where_native_libraries_are_bound(string project)
    {
        var allowed = Load(project).Descendants("AllowUnsafeBlocks").Any(e => e.Value == "true");

        Assert.Equal(project is "StreamFlow.Kafka" or "StreamFlow.RocksDb" or "StreamFlow.Broker", allowed);
    }

    [Fact]
    public void Package_versions_stand_in_one_place() =>
        Assert.Empty(
            from file in Directory.EnumerateFiles(SourceTree.Root, "*.csproj", SearchOption.AllDirectories)
            from reference in XDocument.Load(file).Descendants("PackageReference")
            where reference.Attribute("Version") is not null
            select $"{file}: {reference}");

    private static IReadOnlyList<string> Items(string project, string kind) =>
        [.. Load(project).Descendants(kind)
            // What runs in the compiler only is part of no program.
            .Where(e => e.Attribute("OutputItemType")?.Value != "Analyzer")
            .Select(e => e.Attribute("Include")?.Value ?? string.Empty)];

    private static XDocument Load(string project) =>
        XDocument.Load(SourceTree.FullPath($"src/{project}/{project}.csproj"));

    /// <summary>Whoever filters or counts log messages does so by category and event id.</summary>
    [Fact]
    public void No_two_log_messages_of_a_project_have_one_event_id() =>
        SourceTree.AssertNone(
            from file in SourceTree.ProductFiles
            from id in Regex.Matches(file.Text, @"\[LoggerMessage\((\d+)").Select(match => match.Groups[1].Value)
            group file.Path by (Project: file.Path.Split('/')[1], Id: id) into uses
            where uses.Count() > 1
            select $"{uses.Key.Project}: event id {uses.Key.Id} in {string.Join(" and ", uses)}");
}
