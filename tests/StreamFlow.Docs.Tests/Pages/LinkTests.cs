using System.Text.RegularExpressions;

namespace StreamFlow.Docs.Tests.Pages;

/// <summary>Whatever a page or a source refers to within the repository is there.</summary>
public sealed partial class LinkTests
{
    private static readonly string[] Sources = ["src", "samples", "tests", "templates", "eng", "deploy"];

    [Fact]
    public void Links_of_pages_lead_somewhere()
    {
        var links = Page.All.SelectMany(page => page.Links.Select(link => (Page: page, Url: link.Url ?? string.Empty, link.IsImage, link.Line)))
            .Where(link => !link.Url.Contains("://", StringComparison.Ordinal) && !link.Url.StartsWith("mailto:", StringComparison.Ordinal)).ToList();

        Assert.True(links.Count > 250, $"Only {links.Count} links were found.");
        Repository.AssertNone(links.Where(link => !LeadsSomewhere(link.Page, link.Url)).Select(link => $"{link.Page.Path}:{link.Line + 1} leads to '{link.Url}'"));
    }

    [Fact]
    public void Images_say_what_they_show() =>
        Repository.AssertNone(
            from page in Page.All
            from link in page.Links
            where link.IsImage && link.FirstChild is null
            select $"{page.Path}:{link.Line + 1} has no text for who does not see it");

    [Fact]
    public void Pages_that_sources_name_are_there()
    {
        var named =
            from folder in Sources
            from file in Directory.EnumerateFiles(Repository.FullPath(folder), "*", SearchOption.AllDirectories)
            where Path.GetExtension(file) is ".cs" or ".sh" or ".csproj" or ".props" or ".yml" or ".txt"
            where !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules")
            from Match match in PageName().Matches(File.ReadAllText(file))
            select (File: Path.GetRelativePath(Repository.Root, file), Page: match.Groups[1].Value, Anchor: match.Groups[2].Value);
        var names = named.Distinct().ToList();

        Assert.True(names.Count > 30, $"Only {names.Count} names were found.");
        Repository.AssertNone(names.Where(n => !Has(n.Page, n.Anchor)).Select(n => $"{n.File} names {n.Page}{(n.Anchor.Length > 0 ? "#" + n.Anchor : "")}"));
    }

    /// <summary>From the index every page of docs can be reached.</summary>
    [Fact]
    public void Every_page_of_docs_stands_in_the_index()
    {
        var index = Page.All.Single(page => page.Path == "docs/README.md");
        var reached = index.Links.Select(link => Resolve(index, (link.Url ?? string.Empty).Split('#')[0])).ToHashSet(StringComparer.Ordinal);

        Repository.AssertNone(Page.All.Select(page => page.Path)
            .Where(path => path.StartsWith("docs/", StringComparison.Ordinal) && path != index.Path && !path.StartsWith("docs/adr/", StringComparison.Ordinal))
            .Where(path => !reached.Contains(path)));
    }

    [Fact]
    public void Every_sample_stands_on_the_front_page()
    {
        var front = Page.All.Single(page => page.Path == "README.md");
        var linked = front.Links.Select(link => (link.Url ?? string.Empty).TrimEnd('/')).ToHashSet(StringComparer.Ordinal);
        var samples = Directory.EnumerateDirectories(Repository.FullPath("samples")).Select(folder => "samples/" + Path.GetFileName(folder))
            .Where(sample => File.Exists(Path.Combine(Repository.FullPath(sample), "Program.cs"))).ToList();

        Assert.NotEmpty(samples);
        Repository.AssertNone(samples.Where(sample => !linked.Contains(sample)).Select(sample => $"README.md does not name {sample}"));
    }

    private static bool LeadsSomewhere(Page page, string url)
    {
        var parts = url.Split('#', 2);
        var path = parts[0].Length == 0 ? page.Path : Resolve(page, parts[0]);
        return Has(path, parts.Length == 2 ? parts[1] : string.Empty);
    }

    private static bool Has(string path, string anchor) => anchor.Length == 0
        ? File.Exists(Repository.FullPath(path)) || Directory.Exists(Repository.FullPath(path))
        : Page.All.FirstOrDefault(page => page.Path == path) is { } there && there.Anchors.Contains(anchor);

    private static string Resolve(Page page, string url) => Path.GetRelativePath(
        Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(page.Path)!, url))).Replace('\\', '/');

    [GeneratedRegex(@"\b(docs/[\w/.-]+\.md)(?:#([\w-]+))?")]
    private static partial Regex PageName();
}
