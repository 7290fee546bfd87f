using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>The page while its application goes and comes, and while nobody looks at it.</summary>
[Collection(BrowserFixture.Collection)]
public sealed class LiveTests(BrowserFixture fixture)
{
    [SkippableFact]
    public async Task A_page_outlives_its_application_and_comes_back_by_itself()
    {
        _ = fixture.Browser;
        await using var shop = new Shop();
        await shop.StartAsync();
        await shop.SendAsync(orders: 50, poison: false);
        await using var page = await LivePage.OpenAsync(fixture.Browser, shop, $"#/topology/{Uri.EscapeDataString("topic:orders")}");
        await page.UntilCaughtUpAsync();
        await Assertions.Expect(page.Locator("#vital-in .figure")).ToHaveAttributeAsync("title", "50");

        await shop.StopAsync();

        await Assertions.Expect(page.Locator(".lost")).ToContainTextAsync("No answer since");
        await Assertions.Expect(page.Locator("body")).ToHaveClassAsync("stale");
        Assert.NotEqual("none", await page.Locator("main").EvaluateAsync<string>("main => getComputedStyle(main).filter"));
        await Assertions.Expect(page.Locator("#vital-in .figure")).ToHaveAttributeAsync("title", "50");
        Assert.True(await page.Locator("[data-node]").CountAsync() > 0);

        await shop.StartAsync();

        await Assertions.Expect(page.Locator(".lost")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Locator(".phase")).ToContainTextAsync("running");
        await Assertions.Expect(page.Locator(".panel h2")).ToHaveTextAsync("orders");
        await shop.SendAsync(orders: 7, poison: false);
        await Assertions.Expect(page.Locator("#vital-in .figure")).ToHaveAttributeAsync("title", "7");
        Assert.DoesNotContain("stale", await page.Locator("body").GetAttributeAsync("class") ?? "", StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_page_that_nobody_sees_is_not_sent_to()
    {
        await using var page = await LivePage.OpenAsync(fixture);
        await LivePage.UntilAsync(() => Task.FromResult(fixture.Shop.OpenStreams == 1), "one stream is open");

        await HideAsync(page, hidden: true);
        await LivePage.UntilAsync(() => Task.FromResult(fixture.Shop.OpenStreams == 0), "the stream is closed");
        await Assertions.Expect(page.Locator(".lost")).ToHaveCountAsync(0);

        await HideAsync(page, hidden: false);
        await LivePage.UntilAsync(() => Task.FromResult(fixture.Shop.OpenStreams == 1), "the stream is open again");
        Assert.Empty(page.Errors);
    }

    // A browser without a window takes all of its tabs for visible.
    private static async Task HideAsync(LivePage page, bool hidden) => await page.Page.EvaluateAsync(
        """
        hidden => {
          Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event('visibilitychange'));
        }
        """,
        hidden);
}
