using System.Globalization;
using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>The first screen: is it running, does it keep up, what is wrong, and where.</summary>
[Collection(BrowserFixture.Collection)]
public sealed class HeaderTests(BrowserFixture fixture)
{
    [SkippableFact]
    public async Task Figures_are_those_of_the_api_and_of_another_client()
    {
        await using var page = await LivePage.OpenAsync(fixture);
        using var kafka = new Kafka(fixture.Shop.BootstrapServers);
        await page.UntilCaughtUpAsync();
        var overview = await page.ApplicationAsync();
        var committed = await kafka.CommittedAsync(Shop.Application);
        var waiting = kafka.Ends("orders").Select((end, p) => end.High.Value - committed[new("orders", p)]).Sum();

        Assert.Equal(0, waiting);
        Assert.Equal(kafka.Count("orders"), LivePage.Whole(overview["in"]!["total"]!));
        Assert.Equal(kafka.Count("order-counts"), LivePage.Whole(overview["out"]!["total"]!));
        Assert.Equal(kafka.Count(Shop.DeadLetters), LivePage.Whole(overview["deadLettered"]!));
        await FigureAsync(page, "lag", "0");
        await FigureAsync(page, "letters", Number(kafka.Count(Shop.DeadLetters)));
        await Assertions.Expect(page.Locator("#vital-in .figure")).ToHaveAttributeAsync("title", Number(kafka.Count("orders")));
        await Assertions.Expect(page.Locator("#vital-out .figure")).ToHaveAttributeAsync("title", Number(kafka.Count("order-counts")));
        await Assertions.Expect(page.Locator(".phase")).ToContainTextAsync("running");
        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task Four_questions_are_answered_without_scrolling()
    {
        await using var page = await LivePage.OpenAsync(fixture);

        foreach (var selector in new[] { ".phase", "#vital-lag", "#vital-commit", ".problems", "svg.graph" })
        {
            var box = await page.Locator(selector).BoundingBoxAsync();
            Assert.True(box is { X: >= 0, Y: >= 0 } && box.Y + box.Height <= 800 && box.X + box.Width <= 1280, $"{selector} is at {box?.Y} and {box?.Height} high");
        }
    }

    [SkippableFact]
    public async Task Another_application_is_chosen_in_the_header_and_stays_chosen()
    {
        await using var page = await LivePage.OpenAsync(fixture);
        var chooser = page.Page.GetByRole(AriaRole.Combobox, new() { Name = "Application" });

        await chooser.SelectOptionAsync(Shop.Wide);
        await page.Locator("[data-node='topic:wide-in']").WaitForAsync();
        await page.Page.ReloadAsync();

        await page.Locator("[data-node='topic:wide-in']").WaitForAsync();
        Assert.Equal(Shop.Wide, await chooser.InputValueAsync());
        Assert.Contains($"app={Shop.Wide}", page.Page.Url, StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("[data-node='topic:orders']").CountAsync());
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static Task FigureAsync(LivePage page, string id, string text) =>
        Assertions.Expect(page.Locator($"#vital-{id} .figure")).ToHaveTextAsync(text);
}
