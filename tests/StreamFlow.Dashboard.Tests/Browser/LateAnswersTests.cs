using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>Answers that come when something else is looked at: they belong to a view, a node or a stream that is not there any more.</summary>
[Collection(BrowserFixture.Collection)]
public sealed class LateAnswersTests(BrowserFixture fixture)
{
    /// <summary>Longer than the page waits before it asks or draws again.</summary>
    private const float AWhileMs = 2_500;

    // Sets window.drawnOver when a text comes into the view, however short it stays.
    private const string Watch = """
        text => new MutationObserver(() => { window.drawnOver ||= document.getElementById('main').textContent.includes(text); })
          .observe(document.getElementById('main'), { childList: true, subtree: true, characterData: true })
        """;

    // A stream of the test's own, and answers that come when it lets them.
    private const string Follow = """
        async () => {
          const { Live } = await import('./assets/api.js');
          const answer = {};
          window.fetch = address => new Promise(resolve => { answer[address.split('/').at(-1)] = body => resolve(new Response(JSON.stringify(body))); });
          let stream;
          window.EventSource = class extends EventTarget { constructor() { super(); stream = this; } close() { } };
          const drawn = [];
          const live = new Live('orders', () => drawn.push(live.model.overview.lag));
          const tell = (type, data) => stream.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
          const delta = (second, lag) => tell('delta', { overview: { now: `2026-01-01T00:00:${second}.040Z`, lag }, point: { lag } });
          tell('snapshot', { overview: { now: '2026-01-01T00:00:10.900Z', lag: 1 } });
          delta(11, 2);
          delta(12, 3);
          const before = live.model.overview.lag;
          answer.topology({ nodes: [] });
          answer.history({ intervalSeconds: 1, end: '2026-01-01T00:00:11.000Z', lag: [1, 2] });
          while (!live.model.history) {
            await new Promise(resolve => setTimeout(resolve, 10));
          }
          await new Promise(resolve => setTimeout(resolve));
          const after = live.model.overview.lag;
          delta(13, 4);
          live.close();
          return `before ${before}, after ${after}, history ${live.model.history.lag}, drawn ${drawn}`;
        }
        """;

    [SkippableTheory]
    [InlineData("POST")]
    [InlineData("GET")]
    public async Task A_replay_that_goes_on_does_not_draw_over_the_view_that_was_opened_meanwhile(string held)
    {
        await using var page = await LivePage.OpenAsync(fixture, "#/letters");
        var (asked, letGo, requests) = (NewSignal(), NewSignal(), 0);
        await page.Page.RouteAsync(url => url.Contains("/deadletters/replays", StringComparison.Ordinal), async route =>
        {
            Interlocked.Increment(ref requests);
            if (route.Request.Method == held)
            {
                asked.TrySetResult();
                await letGo.Task;
            }

            await route.FulfillAsync(new()
            {
                ContentType = "application/json",
                Body = """{"id":"r1","total":1,"done":1,"failed":0,"finished":true,"error":null}""",
            });
        });
        await ReplayFirstAsync(page);
        await asked.Task.WaitAsync(TimeSpan.FromMilliseconds(LivePage.DeadlineMs));

        await page.GoAsync("#/tasks");
        await Assertions.Expect(page.Locator("main h2").First).ToHaveTextAsync("Who has what");
        var lists = 0;
        page.Page.Request += (_, request) => lists += request.Url.Contains("/deadletters", StringComparison.Ordinal) ? 1 : 0;
        await page.Page.EvaluateAsync(Watch, "dead letter");
        letGo.SetResult();
        await page.Page.WaitForTimeoutAsync(AWhileMs);

        Assert.False(await DrawnOverAsync(page));
        Assert.Equal(0, lists);
        Assert.Equal(held == "POST" ? 1 : 2, requests);
        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task Records_that_come_late_do_not_bring_the_broker_back()
    {
        await using var page = await LivePage.OpenAsync(fixture, "#/broker");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Open transactions");
        var (asked, letGo) = await HoldAsync(page, "/topics/orders/records");
        await page.Page.EvaluateAsync("() => { location.hash = '#/broker/orders'; }");
        await asked;

        await page.GoAsync("#/tasks");
        await Assertions.Expect(page.Locator("main h2").First).ToHaveTextAsync("Who has what");
        await page.Page.EvaluateAsync(Watch, "Open transactions");
        letGo.SetResult();
        await page.Page.WaitForTimeoutAsync(AWhileMs);

        Assert.False(await DrawnOverAsync(page));
        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task Records_of_one_node_are_not_shown_under_another()
    {
        await using var page = await LivePage.OpenAsync(fixture);
        var (first, letFirst) = await HoldAsync(page, "/nodes/topic%3Aorders/records");
        var (second, letSecond) = await HoldAsync(page, "/nodes/topic%3Aorder-counts/records");
        await page.GoAsync("#/topology/topic%3Aorders");
        await first;
        await page.GoAsync("#/topology/topic%3Aorder-counts");
        await second;

        letFirst.SetResult();
        await page.Page.WaitForTimeoutAsync(AWhileMs);

        await Assertions.Expect(page.Locator(".panel h2")).ToHaveTextAsync("order-counts");
        Assert.Equal(0, await page.Locator(".panel .records li").CountAsync());
        letSecond.SetResult();
        await Assertions.Expect(page.Locator(".panel .records li").First).ToContainTextAsync("order-counts-");
    }

    [SkippableFact]
    public async Task A_node_whose_panel_is_closed_is_not_read_any_more()
    {
        await using var page = await LivePage.OpenAsync(fixture, "#/topology/topic%3Aorders");
        await Assertions.Expect(page.Locator(".panel .records li").First).ToBeVisibleAsync();

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Close the panel" }).ClickAsync();
        await Assertions.Expect(page.Locator(".panel")).ToHaveCountAsync(0);
        var reads = 0;
        page.Page.Request += (_, request) => reads += request.Url.Contains("/nodes/", StringComparison.Ordinal) ? 1 : 0;
        await page.Page.WaitForTimeoutAsync(2 * AWhileMs);

        Assert.Equal(0, reads);
    }

    [SkippableFact]
    public async Task What_the_stream_tells_while_the_topology_is_read_is_kept()
    {
        await using var page = await LivePage.OpenAsync(fixture);

        Assert.Equal("before 3, after 3, history 1,2,3,4, drawn 1,2,3,3,4", await page.Page.EvaluateAsync<string>(Follow));
    }

    [SkippableFact]
    public async Task A_replay_that_is_refused_says_why()
    {
        const string why = "Only the newest 50,000 letters are known; choose some.";
        await using var page = await LivePage.OpenAsync(fixture, "#/letters");
        await page.Page.RouteAsync("**/deadletters/replays", route => route.FulfillAsync(new()
        {
            Status = 409,
            ContentType = "application/problem+json",
            Body = $$"""{"title":"That cannot be told now.","status":409,"detail":"{{why}}"}""",
        }));

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Replay all" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();

        await Assertions.Expect(page.Locator("main [role=alert]")).ToContainTextAsync(why);
    }

    private static async Task ReplayFirstAsync(LivePage page)
    {
        await page.Locator("[aria-label='Dead letters'] tbody tr").First.GetByRole(AriaRole.Checkbox).CheckAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Replay chosen (1)" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();
    }

    /// <summary>Keeps an answer back until it is let go; the task says that the page has asked.</summary>
    private static async Task<(Task Asked, TaskCompletionSource LetGo)> HoldAsync(LivePage page, string address)
    {
        var (asked, letGo) = (NewSignal(), NewSignal());
        await page.Page.RouteAsync(url => url.Contains(address, StringComparison.Ordinal), async route =>
        {
            asked.TrySetResult();
            await letGo.Task;
            await route.ContinueAsync();
        });
        return (asked.Task.WaitAsync(TimeSpan.FromMilliseconds(LivePage.DeadlineMs)), letGo);
    }

    private static Task<bool> DrawnOverAsync(LivePage page) => page.Page.EvaluateAsync<bool>("() => window.drawnOver === true");

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
