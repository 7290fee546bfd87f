using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>The page in a tab of its own, and what the API says beside it.</summary>
internal sealed class LivePage : IAsyncDisposable
{
    /// <summary>For conditions: machines that run tests are slow at times.</summary>
    public const float DeadlineMs = 60_000;

    private readonly IBrowserContext _context;
    private readonly HttpClient _http;
    private readonly List<string> _errors = [];

    private LivePage(IBrowserContext context, IPage page, HttpClient http)
    {
        (_context, Page, _http) = (context, page, http);
        page.SetDefaultTimeout(DeadlineMs);
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _errors.Add(message.Text);
            }
        };
    }

    public IPage Page { get; }

    /// <summary>What the page complained of: scripts that failed, what the content security policy refused.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public static Task<LivePage> OpenAsync(BrowserFixture fixture, string address = "", int width = 1280, int height = 800) =>
        OpenAsync(fixture.Browser, fixture.Shop, address, width, height);

    public static async Task<LivePage> OpenAsync(
        IBrowser browser, Shop shop, string address = "", int width = 1280, int height = 800, Func<IPage, Task>? before = null)
    {
        var context = await browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            TimezoneId = "UTC",
            Locale = "en-GB",
        });
        await context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        var page = new LivePage(context, await context.NewPageAsync(), new HttpClient { BaseAddress = shop.Address });
        if (before is not null)
        {
            await before(page.Page);
        }

        await page.Page.GotoAsync(shop.Address + address);
        await page.Page.Locator("#main > *").First.WaitForAsync();
        await page.Page.Locator(".vital").First.WaitForAsync();
        return page;
    }

    public ILocator Locator(string selector, string? text = null) => Page.Locator(selector, new() { HasTextString = text });

    /// <summary>Goes to a view of the shop's, as a link in a chat does.</summary>
    public async Task GoAsync(string hash)
    {
        await Page.EvaluateAsync("hash => { location.hash = hash; }", hash);
        await Page.WaitForFunctionAsync("() => !document.querySelector('main .loading')");
    }

    /// <summary>What the API says; the path is below <c>api/v1/</c>.</summary>
    public async Task<JsonNode> ApiAsync(string path)
    {
        var answer = await _http.GetFromJsonAsync<JsonNode>("api/v1/" + path);
        return answer!;
    }

    public Task<JsonNode> ApplicationAsync(string path = "") => ApiAsync($"applications/{Shop.Application}{path}");

    /// <summary>Waits until everything that was sent has been counted, and the lag is known and gone.</summary>
    public async Task UntilCaughtUpAsync()
    {
        await UntilAsync(
            async () => await ApplicationAsync() is var overview
                && overview["phase"]!.GetValue<string>() == "running" && overview["lag"]?.GetValue<long>() == 0 && Whole(overview["in"]!["total"]!) > 0,
            "the application has caught up");
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(DeadlineMs));
        while (!await condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within a minute: {what}");
            await Task.Delay(100);
        }
    }

    /// <summary>The text of each cell of a table, row by row.</summary>
    public async Task<string[][]> RowsAsync(string caption)
    {
        var rows = Page.GetByRole(AriaRole.Region, new() { Name = caption, Exact = true }).Locator("tbody tr");
        await rows.First.WaitForAsync();
        var texts = await rows.EvaluateAllAsync<string[][]>("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))");
        return texts;
    }

    /// <summary>A whole number of the API, which is text where it is beyond 2^53.</summary>
    public static long Whole(JsonNode node) => node.GetValueKind() == JsonValueKind.String
        ? long.Parse(node.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture)
        : node.GetValue<long>();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _context.DisposeAsync();
    }
}
