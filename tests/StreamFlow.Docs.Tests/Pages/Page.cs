using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace StreamFlow.Docs.Tests.Pages;

/// <summary>A page of Markdown, by its path from the repository's root.</summary>
internal sealed class Page
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).Build();

    private static readonly string[] Elsewhere = ["bin", "obj", "artifacts", "data", "node_modules", "TestResults"];

    private static readonly Lazy<IReadOnlyList<Page>> Pages = new(Load);

    private readonly MarkdownDocument _document;

    private Page(string path)
    {
        Path = path;
        Text = File.ReadAllText(Repository.FullPath(path));
        _document = Markdown.Parse(Text, Pipeline);
        Snippets = [.. _document.Descendants<FencedCodeBlock>().Select(block => new Snippet(this, block))];
        Anchors = _document.Descendants<HeadingBlock>().Select(h => h.GetAttributes().Id ?? string.Empty).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Every page of the repository: docs, and what lies beside packages, samples and templates.</summary>
    public static IReadOnlyList<Page> All => Pages.Value;

    public string Path { get; }

    public string Text { get; }

    public IReadOnlyList<Snippet> Snippets { get; }

    /// <summary>The names by which GitHub reaches the page's headings.</summary>
    public IReadOnlySet<string> Anchors { get; }

    /// <summary>Lines on which code begins that is only indented: nobody can tell what language it is.</summary>
    public IEnumerable<int> IndentedCode => _document.Descendants<CodeBlock>().Where(block => block is not FencedCodeBlock).Select(block => block.Line + 1);

    public IEnumerable<LinkInline> Links => _document.Descendants<LinkInline>();

    private static IReadOnlyList<Page> Load() =>
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md", SearchOption.AllDirectories)
            .Select(path => System.IO.Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part.StartsWith('.') || Elsewhere.Contains(part, StringComparer.Ordinal)))
            .Order(StringComparer.Ordinal)
            .Select(path => new Page(path)),
    ];
}
