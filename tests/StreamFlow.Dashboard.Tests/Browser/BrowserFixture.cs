using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>One browser and one host for all tests that only look.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    public const string Collection = "page in a browser";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal Shop Shop { get; } = new();

    internal IBrowser Browser
    {
        get
        {
            Skip.If(Chromium.Path is null, "there is no Chromium here; eng/test-tools.sh installs Debian's where it may");
            return _browser!;
        }
    }

    public async Task InitializeAsync()
    {
        if (Chromium.Path is null)
        {
            return;
        }

        Assertions.SetDefaultExpectTimeout(LivePage.DeadlineMs);
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.LaunchAsync(_playwright);
        await Shop.StartAsync();
        await Shop.SendAsync(orders: 400, poison: true);
        await using var page = await LivePage.OpenAsync(this);
        await page.UntilCaughtUpAsync();
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        await Shop.DisposeAsync();
    }
}

/// <summary>Tests that share the browser; one at a time, as they share its host too.</summary>
[CollectionDefinition(BrowserFixture.Collection)]
public sealed class BrowserCollection : ICollectionFixture<BrowserFixture>;
