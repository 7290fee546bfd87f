using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace StreamFlow.Tests.Architecture;

/// <summary>
/// Size and shape of the product's code. What is over a habit stands in <c>allowances.txt</c> with its size; an entry may
/// only shrink, and goes when it is no longer needed.
/// </summary>
public sealed class ShapeTests
{
    private const int FileHabit = 300;
    private const int FileLimit = 500;
    private const int MethodHabit = 40;
    private const int MethodLimit = 70;
    private const int ParameterLimit = 7;
    private const int FolderHabit = 25;

    private static readonly Dictionary<string, int> Allowances = ReadAllowances();

    [Fact]
    public void Files_are_short()
    {
        var files = SourceTree.ProductFiles.ToDictionary(f => f.Path, f => f.LineCount);

        SourceTree.AssertNone(files.Where(f => f.Value > FileLimit).Select(f => $"{f.Key}: {f.Value} lines, the limit is {FileLimit}"));
        CheckRatchet(files, FileHabit, "file ");
    }

    [Fact]
    public void Folders_are_small() =>
        CheckRatchet(
            SourceTree.ProductFiles.GroupBy(f => f.Path[..f.Path.LastIndexOf('/')]).ToDictionary(g => g.Key, g => g.Count()),
            FolderHabit,
            "folder ",
            "files");

    [Fact]
    public void No_folder_carries_the_name_of_a_type() =>
        SourceTree.AssertNone(
            from project in SourceTree.ProductFiles.GroupBy(f => f.Path.Split('/')[1])
            let types = project.SelectMany(f => f.Syntax.DescendantNodes(n => n is not TypeDeclarationSyntax)
                .OfType<BaseTypeDeclarationSyntax>().Select(t => t.Identifier.Text)).ToHashSet()
            from folder in project.SelectMany(f => f.Path.Split('/')[2..^1]).Distinct()
            where types.Contains(folder)
            select $"{project.Key}/{folder}");

    [Fact]
    public void Methods_are_short()
    {
        var methods = SourceTree.ProductFiles
            .SelectMany(f => f.Syntax.DescendantNodes().OfType<BaseMethodDeclarationSyntax>().Select(m => (Name: Name(f, m), Lines: Lines(m))))
            .GroupBy(m => m.Name)
            .ToDictionary(g => g.Key, g => g.Max(m => m.Lines));

        SourceTree.AssertNone(methods.Where(m => m.Value > MethodLimit).Select(m => $"{m.Key}: {m.Value} lines, the limit is {MethodLimit}"));
        CheckRatchet(methods, MethodHabit, "method ");
    }

    [Fact]
    public void Constructors_take_few_parameters() =>
        SourceTree.AssertNone(
            from file in SourceTree.ProductFiles
            from type in file.Syntax.DescendantNodes().OfType<TypeDeclarationSyntax>()
            where type is not RecordDeclarationSyntax
            from list in type.Members.OfType<ConstructorDeclarationSyntax>().Select(c => c.ParameterList).Append(type.ParameterList)
            where list is not null && list.Parameters.Count > ParameterLimit
            select $"{file.Path}:{file.LineOf(list)} {type.Identifier.Text} takes {list.Parameters.Count} parameters");

    [Fact]
    public void Classes_are_sealed_unless_somebody_derives_from_them()
    {
        var bases = SourceTree.ProductFiles
            .SelectMany(f => f.Syntax.DescendantNodes().OfType<BaseTypeSyntax>())
            .Select(b => b.Type.ToString().Split('<')[0].Split('.')[^1])
            .ToHashSet();
        var open =
            from file in SourceTree.ProductFiles
            from type in file.Syntax.DescendantNodes().OfType<TypeDeclarationSyntax>()
            where type is ClassDeclarationSyntax or RecordDeclarationSyntax { ClassOrStructKeyword.RawKind: not (int)SyntaxKind.StructKeyword }
            group (file, type) by type.Identifier.Text into parts
            where !parts.Any(p => p.type.Modifiers.Any(m =>
                m.IsKind(SyntaxKind.SealedKeyword) || m.IsKind(SyntaxKind.StaticKeyword) || m.IsKind(SyntaxKind.AbstractKeyword)))
            where !bases.Contains(parts.Key)
            select $"{parts.First().file.Path}: {parts.Key}";

        SourceTree.AssertNone(open);
    }

    [Fact]
    public void Unsafe_code_and_native_calls_stay_in_Interop_folders()
    {
        var offenders =
            from file in SourceTree.ProductFiles
            where !file.Path.Contains("/Interop/", StringComparison.Ordinal)
            where file.Syntax.DescendantTokens().Any(t => t.IsKind(SyntaxKind.UnsafeKeyword))
                || file.Syntax.DescendantNodes().OfType<AttributeSyntax>().Any(a => a.Name.ToString() is "LibraryImport" or "DllImport")
            select file.Path;

        SourceTree.AssertNone(offenders);
    }

    [Fact]
    public void Nothing_is_left_unfinished()
    {
        var offenders =
            from file in SourceTree.ProductFiles
            from mark in new[] { "NotImplementedException", "TODO", "FIXME", "HACK" }
            where file.Text.Contains(mark, StringComparison.Ordinal)
            select $"{file.Path}: {mark}";

        SourceTree.AssertNone(offenders);
    }

    [Fact]
    public void No_exception_is_swallowed_by_an_empty_catch()
    {
        var offenders =
            from file in SourceTree.ProductFiles
            from clause in file.Syntax.DescendantNodes().OfType<CatchClauseSyntax>()
            where clause.Block.Statements.Count == 0
                && !clause.Block.DescendantTrivia().Any(t => t.IsKind(SyntaxKind.SingleLineCommentTrivia))
            select $"{file.Path}:{file.LineOf(clause)}";

        SourceTree.AssertNone(offenders);
    }

    private static void CheckRatchet(Dictionary<string, int> sizes, int habit, string kind, string unit = "lines")
    {
        var over = sizes.Where(s => s.Value > habit).ToDictionary(s => s.Key, s => s.Value);
        var known = Allowances.Where(a => a.Key.StartsWith(kind, StringComparison.Ordinal))
            .ToDictionary(a => a.Key[kind.Length..], a => a.Value);
        var wrong = over.Where(o => !known.TryGetValue(o.Key, out var allowed) || o.Value > allowed)
            .Select(o => $"{o.Key} has {o.Value} {unit}; the habit is {habit}. Split it rather than add it to allowances.txt.")
            .Concat(known.Where(k => !over.TryGetValue(k.Key, out var size) || size < k.Value)
                .Select(k => $"{k.Key} is below its allowance of {k.Value} {unit}; lower the entry or take it out."));

        SourceTree.AssertNone(wrong);
    }

    private static Dictionary<string, int> ReadAllowances() =>
        File.ReadAllLines(SourceTree.FullPath("tests/StreamFlow.Tests/Architecture/allowances.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('\t'))
            .ToDictionary(parts => parts[0], parts => int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));

    private static string Name(SourceFile file, BaseMethodDeclarationSyntax method)
    {
        var type = method.Ancestors().OfType<TypeDeclarationSyntax>().FirstOrDefault()?.Identifier.Text;
        var name = method is MethodDeclarationSyntax named ? named.Identifier.Text : method.Kind().ToString();
        return $"{file.Path} {type}.{name}";
    }

    private static int Lines(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }
}
