using System.Text.RegularExpressions;

namespace StreamFlow.Tests.Architecture;

/// <summary>What docs/ARCHITECTURE.md names is there. Its tables of rooms and states have tests of their own.</summary>
public sealed partial class ArchitecturePageTests
{
    private static readonly string Page = File.ReadAllText(SourceTree.FullPath("docs/ARCHITECTURE.md"));

    [Fact]
    public void Members_exist()
    {
        var names = Member().Matches(Page).Select(m => (Type: m.Groups[1].Value, Member: m.Groups[2].Value))
            .Where(n => n.Type is not ("StreamFlow" or "Confluent")).Distinct().ToList();

        Assert.NotEmpty(names);
        SourceTree.AssertNone(names
            .Where(n => !SourceTree.ProductFiles.Any(f =>
                Regex.IsMatch(f.Text, $@"(class|interface|struct|record|enum) {n.Type}\b") && Regex.IsMatch(f.Text, $@"\b{n.Member}\b")))
            .Select(n => $"{n.Type}.{n.Member}"));
    }

    [Fact]
    public void Single_names_exist()
    {
        var names = Identifier().Matches(Page).Select(m => m.Groups[1].Value).Distinct().ToList();

        Assert.NotEmpty(names);
        SourceTree.AssertNone(names.Where(name => !SourceTree.ProductFiles.Any(f =>
            f.Path.Split('/').Contains(name) || Regex.IsMatch(f.Text, $@"\b{name}\b"))));
    }

    [Fact]
    public void Files_and_folders_exist()
    {
        var paths = SourcePath().Matches(Page).Select(m => m.Groups[1].Value).Distinct().ToList();

        Assert.NotEmpty(paths);
        SourceTree.AssertNone(paths.Where(path => !SourceTree.ProductFiles.Any(f =>
            f.Path.Split('/', 3)[2] is var inProject
            && (inProject == path || inProject == path + ".cs" || inProject.StartsWith(path.TrimEnd('/') + "/", StringComparison.Ordinal)
                || (path.EndsWith("*.cs", StringComparison.Ordinal) && inProject.StartsWith(path[..^4], StringComparison.Ordinal))))));
    }

    [GeneratedRegex(@"`([A-Z]\w+)\.([A-Z]\w+)`")]
    private static partial Regex Member();

    [GeneratedRegex(@"`([A-Z]\w+)(?:\(\w*\))?`")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"`([A-Z]\w+/[\w/*.]*)`")]
    private static partial Regex SourcePath();
}
