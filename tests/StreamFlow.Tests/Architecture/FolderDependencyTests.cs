using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace StreamFlow.Tests.Architecture;

/// <summary>
/// Folders of the engine depend only downwards. Symbols are resolved by the compiler, so neither a using directive nor a
/// shared namespace hides a dependency.
/// </summary>
public sealed class FolderDependencyTests
{
    private const string Engine = "src/StreamFlow/";

    private const string GlobalUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Threading; global using System.Threading.Tasks;
        """;

    /// <summary>What each folder may use besides itself.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Records"] = [],
        ["Serialization"] = ["Records"],
        ["Clients"] = ["Records", "Serialization"],
        ["State"] = ["Records", "Serialization", "Clients"],
        ["Processing"] = ["Records", "Serialization", "Clients", "State"],
        ["Planning"] = ["Records", "Serialization", "Clients", "State", "Processing"],
        ["Dsl"] = ["Records", "Serialization", "Clients", "State", "Processing", "Planning"],
        ["Runtime"] = ["Records", "Serialization", "Clients", "State", "Processing", "Planning"],
    };

    [Fact]
    public void Every_folder_of_the_engine_has_its_place()
    {
        var folders = SourceTree.ProductFiles.Where(f => f.Path.StartsWith(Engine, StringComparison.Ordinal)).Select(FolderOf).Distinct();

        Assert.Equal(Allowed.Keys.Order(), folders.Order());
    }

    [Fact]
    public void Folders_depend_only_downwards() =>
        SourceTree.AssertNone(Violations([.. SourceTree.ProductFiles.Where(f => f.Path.StartsWith(Engine, StringComparison.Ordinal))]));

    [Fact]
    public void A_dependency_upwards_is_found_even_through_a_shared_namespace()
    {
        var files = new List<SourceFile>
        {
            Source("src/StreamFlow/Runtime/Upper.cs", "namespace StreamFlow; internal static class Upper { public static int N => 1; }"),
            Source("src/StreamFlow/Records/Lower.cs", "namespace StreamFlow; internal static class Lower { public static int N => Upper.N; }"),
        };

        Assert.Contains(Violations(files), v => v.StartsWith("Records -> Runtime", StringComparison.Ordinal));
    }

    private static List<string> Violations(IReadOnlyList<SourceFile> files)
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("StreamFlow", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "engine",
            [.. files.Select(f => f.Tree), CSharpSyntaxTree.ParseText(GlobalUsings, options)],
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        return [.. files.SelectMany(file => ViolationsIn(file, compilation)).Distinct().Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> ViolationsIn(SourceFile file, CSharpCompilation compilation)
    {
        var from = FolderOf(file);
        var model = compilation.GetSemanticModel(file.Tree);
        foreach (var name in file.Syntax.DescendantNodes().OfType<SimpleNameSyntax>())
        {
            var symbol = model.GetSymbolInfo(name).Symbol;
            var declaration = symbol is null or INamespaceSymbol
                ? null
                : symbol.OriginalDefinition.DeclaringSyntaxReferences.FirstOrDefault();
            if (declaration?.SyntaxTree.FilePath is { Length: > 0 } path)
            {
                var to = FolderOf(path);
                if (to != from && !Allowed[from].Contains(to))
                {
                    yield return $"{from} -> {to}: {file.Path}:{file.LineOf(name)} uses {name.Identifier.Text}";
                }
            }
        }
    }

    private static SourceFile Source(string path, string text) =>
        new(path, text, CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview), path));

    private static string FolderOf(SourceFile file) => FolderOf(file.Path);

    private static string FolderOf(string path) => path[Engine.Length..].Split('/')[0];
}
