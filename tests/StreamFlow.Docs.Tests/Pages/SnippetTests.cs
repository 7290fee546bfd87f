using System.Text.Json;
using Xunit.Abstractions;

namespace StreamFlow.Docs.Tests.Pages;

/// <summary>
/// Every snippet of C# that a page shows stands, token by token, in a source that is compiled: a test that runs it, a sample or the
/// template. What does not says why in a comment before it.
/// </summary>
public sealed class SnippetTests(ITestOutputHelper output)
{
    /// <summary>A snippet more that is not compiled is a decision, and is made here.</summary>
    private const int NotCompiled = 3;

    private static readonly string[] Languages = ["csharp", "java", "json", "xml", "sh", "text", "dockerfile", "mermaid", "yaml", "promql", "javascript"];

    private static readonly List<Snippet> CSharp = [.. Page.All.SelectMany(page => page.Snippets).Where(s => s.Language == "csharp")];

    [Fact]
    public void Snippets_of_CSharp_are_compiled()
    {
        var sources = CompiledSources.Load();
        var compiled = CSharp.Where(s => s.WhyNotCompiled is null && !s.IsFileOfTheTutorial).ToList();
        output.WriteLine($"{compiled.Count} snippets of {compiled.Select(s => s.Page.Path).Distinct().Count()} pages stand in compiled sources, {CSharp.Count(s => s.IsFileOfTheTutorial)} are files of the tutorial, {CSharp.Count(s => s.WhyNotCompiled is not null)} are not compiled.");

        Assert.True(compiled.Count > 60, $"Only {compiled.Count} snippets were found.");
        Repository.AssertNone(compiled.Where(s => !sources.Have(s.Text)).Select(s =>
            $"{s.Place} stands in no compiled source; the part that is nowhere, or not beside the others:\n{sources.Missing(s.Text)}"));
    }

    [Fact]
    public void Snippets_that_are_not_compiled_are_counted() =>
        Assert.Equal(NotCompiled, CSharp.Count(s => s.WhyNotCompiled is not null));

    [Fact]
    public void Every_block_says_what_language_it_is() => Repository.AssertNone(
        from page in Page.All
        from snippet in page.Snippets
        where !Languages.Contains(snippet.Language)
        select $"{snippet.Place} is of '{snippet.Language}', which is none of {string.Join(", ", Languages)}");

    [Fact]
    public void Blocks_are_fenced() => Repository.AssertNone(
        from page in Page.All
        from line in page.IndentedCode
        select $"{page.Path}:{line}: put the block between fences");

    [Fact]
    public void Snippets_of_JSON_can_be_read()
    {
        var snippets = Page.All.SelectMany(page => page.Snippets).Where(s => s.Language == "json").ToList();

        Assert.NotEmpty(snippets);
        Assert.All(snippets, s => JsonDocument.Parse(s.Text, new() { CommentHandling = JsonCommentHandling.Skip }).Dispose());
    }
}
