using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>
/// Takes the pictures of the documentation, of an application under load, when <c>STREAMFLOW_SCREENSHOTS</c> is <c>docs</c>.
/// </summary>
[Collection(BrowserFixture.Collection)]
public sealed class DocsPicturesTests(BrowserFixture fixture)
{
    private const long Largest = 200 * 1024;

    private static readonly (string Name, string Address, bool Dark)[] Pictures =
    [
        ("topology-light", "#/topology", false), ("topology-dark", "#/topology/store%3Acounts", true), ("tasks-light", "#/tasks/0_1", false),
        ("stores-light", "#/stores/counts?query=all", false), ("letters-dark", "#/letters/0-0", true), ("broker-light", "#/broker/order-counts", false),
    ];

    [SkippableFact]
    public async Task Pictures_for_the_documentation()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("STREAMFLOW_SCREENSHOTS") == "docs", "STREAMFLOW_SCREENSHOTS is not 'docs'");
        _ = fixture.Browser;
        await using var shop = new Shop(isHostile: false);
        await shop.StartAsync();
        await shop.SendAsync(orders: 20, poison: true);
        using var ended = new CancellationTokenSource();
        var load = LoadAsync(shop, ended.Token);
        await using var page = await LivePage.OpenAsync(fixture.Browser, shop);
        await Task.Delay(TimeSpan.FromSeconds(60));

        foreach (var (name, address, dark) in Pictures)
        {
            await page.Page.EmulateMediaAsync(new() { ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light });
            await page.GoAsync(address);
            await Task.Delay(TimeSpan.FromSeconds(2));
            var file = Path.Combine(Repository.Folder("docs/images"), $"page-{name}.png");
            await page.Page.ScreenshotAsync(new() { Path = file });
            Assert.True(new FileInfo(file).Length < Largest, $"{file} has more than {Largest} bytes");
        }

        await ended.CancelAsync();
        await load;
    }

    private static async Task LoadAsync(Shop shop, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await shop.SendAsync(orders: 100, poison: false);
        }
    }
}
