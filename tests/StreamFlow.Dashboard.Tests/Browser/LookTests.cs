using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>Every view, in both schemes and all widths: for everybody, without breaking, and to be looked at.</summary>
[Collection(BrowserFixture.Collection)]
public sealed class LookTests(BrowserFixture fixture)
{
    public static readonly TheoryData<string, string> Views = new()
    {
        { "topology", "#/topology" },
        { "wide", $"#/topology?app={Shop.Wide}" },
        { "panel", "#/topology/store%3Acounts" },
        { "tasks", "#/tasks/0_0" },
        { "stores", "#/stores/counts?query=all" },
        { "letters", "#/letters/0-0" },
        { "broker", "#/broker/orders" },
        { "settings", "#/settings" },
    };

    [SkippableTheory]
    [MemberData(nameof(Views))]
    public async Task Everybody_can_use_it(string name, string address)
    {
        await using var page = await OpenAsync(address);
        foreach (var dark in new[] { false, true })
        {
            await SeeAsync(page, 1280, 800, dark);

            var result = await page.Page.RunAxe(new AxeRunOptions { RunOnly = new() { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } });

            Assert.True(result.Passes.Length > 10, "axe has looked at the page");
            Assert.Empty(result.Violations.SelectMany(rule => rule.Nodes.Select(node => $"{name} {(dark ? "dark" : "light")}: {rule.Id}: {node.Html} {node.Any.FirstOrDefault()?.Message}")));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Views))]
    public async Task Nothing_is_wider_than_the_window_and_all_is_kept_as_a_picture(string name, string address)
    {
        await using var page = await OpenAsync(address);
        foreach (var (width, height) in new[] { (400, 860), (1280, 800), (1920, 1080) })
        {
            foreach (var dark in new[] { false, true })
            {
                await SeeAsync(page, width, height, dark);

                Assert.Equal(width, await page.Page.EvaluateAsync<int>("() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"));
                Assert.Empty(page.Errors);
                await page.Page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Folder("artifacts/screenshots"), $"{name}-{width}-{(dark ? "dark" : "light")}.png") });
            }
        }
    }

    private static async Task SeeAsync(LivePage page, int width, int height, bool dark)
    {
        await page.Page.SetViewportSizeAsync(width, height);
        await page.Page.EmulateMediaAsync(new() { ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light });

        // The picture is laid out anew when it has its room, by the frame after the next.
        await page.Page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))");
    }

    private async Task<LivePage> OpenAsync(string address)
    {
        var page = await LivePage.OpenAsync(fixture, address);
        await page.Locator("main .graph, main .scroll").First.WaitForAsync();
        await page.Page.WaitForFunctionAsync("() => !document.querySelector('main .loading')");
        return page;
    }
}
