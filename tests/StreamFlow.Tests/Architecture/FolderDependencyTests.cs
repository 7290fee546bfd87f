using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace StreamFlow.Tests.Architecture;

/// <summary>
/// Rooms of every project depend only downwards, as docs/ARCHITECTURE.md says. Symbols are resolved by the compiler, so
/// neither a using directive nor a shared namespace hides a dependency.
/// </summary>
public sealed class FolderDependencyTests
{
    private const string GlobalUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Threading; global using System.Threading.Tasks;
        """;

    private static readonly ConcurrentDictionary<string, CSharpCompilation> Compilations = new();

    public static TheoryData<string> Projects() => [.. RoomTable.All.Keys];

    public static TheoryData<string> ProjectsWithRooms() =>
        [.. RoomTable.All.Where(p => p.Value.Rooms.Count > 1).Select(p => p.Key)];

    [Fact]
    public void Every_project_has_a_table() =>
        Assert.Equal(SourceTree.ProductFiles.Select(f => f.Path.Split('/')[1]).Distinct().Order(), RoomTable.All.Keys.Order());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_room_has_its_place(string project) =>
        Assert.Equal(
            FilesOf(project).Select(f => RoomTable.RoomOf(project, f.Path)).Distinct().Order(), RoomTable.All[project].Rooms.Order());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Nothing_is_below_itself(string project)
    {
        var table = RoomTable.All[project];

        SourceTree.AssertNone(table.Rooms.Where(room => table.Below(room).Contains(room)));
        SourceTree.AssertNone(table.Rooms.SelectMany(table.Below).Except(table.Rooms));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Rooms_use_only_what_lies_below(string project)
    {
        SourceTree.AssertNone(Violations(project, [], FilesOf(project)));
    }

    [Theory]
    [MemberData(nameof(ProjectsWithRooms))]
    public void A_dependency_upwards_is_found_from_every_room(string project)
    {
        var table = RoomTable.All[project];
        var planted = (
            from lower in table.Rooms
            let upper = table.Rooms.LastOrDefault(room => room != lower && !table.Below(lower).Contains(room))
            where upper is not null
            select (Lower: lower, Upper: upper)).ToList();
        var uppers = planted.Select((p, i) => Source(
            RoomTable.PathIn(project, p.Upper, $"Upper{i}.cs"),
            $"namespace StreamFlow; internal static class Upper{i} {{ public static int N => 1; }}"));
        var lowers = planted.Select((p, i) => Source(
            RoomTable.PathIn(project, p.Lower, $"Lower{i}.cs"),
            $"namespace StreamFlow; internal static class Lower{i} {{ public static int N => Upper{i}.N; }}")).ToList();

        var found = Violations(project, [.. uppers, .. lowers], lowers);

        Assert.All(planted, p => Assert.Contains(found, v => v.StartsWith($"{p.Lower} -> {p.Upper}: ", StringComparison.Ordinal)));
        Assert.True(planted.Count >= table.Rooms.Count - 1, "Only what is above all others has nothing above it.");
    }

    private static IEnumerable<SourceFile> FilesOf(string project) =>
        SourceTree.ProductFiles.Where(f => RoomTable.RoomOf(project, f.Path) is not null);

    private static List<string> Violations(string project, IEnumerable<SourceFile> planted, IEnumerable<SourceFile> looked)
    {
        var compilation = Compilations.GetOrAdd(project, Compile).AddSyntaxTrees(planted.Select(f => f.Tree));
        return [.. looked.SelectMany(file => ViolationsIn(project, file, compilation)).Distinct().Order(StringComparer.Ordinal)];
    }

    private static CSharpCompilation Compile(string project) => CSharpCompilation.Create(
        project,
        [.. FilesOf(project).Select(f => f.Tree), CSharpSyntaxTree.ParseText(GlobalUsings, new CSharpParseOptions(LanguageVersion.Preview))],
        References(project),
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));

    /// <summary>
    /// The framework, and the engine as it was compiled for those that build on it: its symbols have no source here and so
    /// no room.
    /// </summary>
    private static IEnumerable<MetadataReference> References(string project) =>
        from path in ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
        let name = Path.GetFileNameWithoutExtension(path)
        where !name.StartsWith("StreamFlow", StringComparison.Ordinal) || (name == "StreamFlow" && project != name)
        select MetadataReference.CreateFromFile(path);

    private static IEnumerable<string> ViolationsIn(string project, SourceFile file, CSharpCompilation compilation)
    {
        var from = RoomTable.RoomOf(project, file.Path)!;
        var below = RoomTable.All[project].Below(from);
        var model = compilation.GetSemanticModel(file.Tree);
        foreach (var name in file.Syntax.DescendantNodes().OfType<SimpleNameSyntax>())
        {
            // A call whose other arguments cannot be resolved here has candidates only.
            var info = model.GetSymbolInfo(name);
            var symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
            var rooms = symbol is null or INamespaceSymbol
                ? []
                : symbol.OriginalDefinition.DeclaringSyntaxReferences
                    .Select(d => RoomTable.RoomOf(project, d.SyntaxTree.FilePath)).OfType<string>().Distinct().ToList();

            // A type in parts may be used by whoever may use one of them; the members of the others are looked at by themselves.
            if (rooms.Count > 0 && !rooms.Exists(to => to == from || below.Contains(to)))
            {
                yield return $"{from} -> {rooms[0]}: {file.Path}:{file.LineOf(name)} uses {name.Identifier.Text}";
            }
        }
    }

    private static SourceFile Source(string path, string text) =>
        new(path, text, CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview), path));
}
