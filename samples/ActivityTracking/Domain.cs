namespace ActivityTracking;

/// <summary>What a user did on the page of a product; a record of <c>clicks</c>, keyed by the user.</summary>
/// <param name="Page">The page.</param>
/// <param name="Action">What the user did there.</param>
internal sealed record Click(string Page, Stage Action);

/// <summary>The way to a purchase.</summary>
internal enum Stage
{
    View,
    Cart,
    Buy,
}

/// <summary>One visit of a user: a row of <c>sessions</c>, whose key has its beginning and end.</summary>
/// <param name="Clicks">How many clicks it has.</param>
/// <param name="Furthest">The stage that it came to.</param>
internal sealed record Session(long Clicks, Stage Furthest)
{
    public static readonly Session Empty = new(0, Stage.View);

    public Session Plus(Click click) => new(Clicks + 1, Further(click.Action));

    public Session Plus(Session other) => new(Clicks + other.Clicks, Further(other.Furthest));

    private Stage Further(Stage other) => other > Furthest ? other : Furthest;
}

/// <summary>Two pages that one user has viewed, one soon after the other.</summary>
internal sealed record PagePair(string Page, string Other);

/// <summary>A page with how often it was viewed.</summary>
internal sealed record RankedPage(string Page, long Views);

/// <summary>The pages with the most views, the first one first.</summary>
internal sealed record Ranking(RankedPage[] Pages)
{
    public const int Length = 5;
    public static readonly Ranking Empty = new([]);

    /// <summary>
    /// With a page's new count in place of its last one. Counts only grow: so whatever was left out comes back with the update that
    /// lifts it above one of those shown.
    /// </summary>
    public Ranking With(RankedPage page) => Of(Pages.Where(p => p.Page != page.Page).Append(page));

    public static Ranking Of(IEnumerable<RankedPage> pages) =>
        new([.. pages.OrderByDescending(p => p.Views).ThenBy(p => p.Page, StringComparer.Ordinal).Take(Length)]);

    /// <summary>What is compared and shown.</summary>
    public override string ToString() => string.Join(", ", Pages.Select(p => $"{p.Page} {p.Views}"));
}
