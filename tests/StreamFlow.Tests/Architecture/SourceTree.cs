using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace StreamFlow.Tests.Architecture;

/// <summary>The repository's own sources, parsed once.</summary>
internal static class SourceTree
{
    private static readonly Lazy<IReadOnlyList<SourceFile>> Product = new(() => Load("src"));

    public static string Root { get; } = FindRoot();

    /// <summary>Every C# file of the product projects.</summary>
    public static IReadOnlyList<SourceFile> ProductFiles => Product.Value;

    /// <summary>Fails with one line per offender, whole: a truncated list would have to be asked for again and again.</summary>
    public static void AssertNone(IEnumerable<string> offenders)
    {
        var list = offenders.ToList();
        Assert.True(list.Count == 0, string.Join('\n', list));
    }

    public static string FullPath(string relative) => Path.Combine(Root, relative);

    private static IReadOnlyList<SourceFile> Load(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(Parse)];

    private static SourceFile Parse(string relative)
    {
        var text = File.ReadAllText(FullPath(relative));
        var tree = CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview), relative);
        return new SourceFile(relative, text, tree);
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "StreamFlow.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No StreamFlow.sln above {AppContext.BaseDirectory} (compiled from {here}).");
    }
}

/// <summary>A source file by its path from the repository's root.</summary>
internal sealed record SourceFile(string Path, string Text, SyntaxTree Tree)
{
    public int LineCount => Text.Count(c => c == '\n');

    public SyntaxNode Syntax => Tree.GetRoot();

    public int LineOf(SyntaxNode node) => Tree.GetLineSpan(node.Span).StartLinePosition.Line + 1;
}
