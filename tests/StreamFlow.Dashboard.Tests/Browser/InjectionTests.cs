using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>Nothing that a record, a topic or a name holds becomes a part of the page.</summary>
[Collection(BrowserFixture.Collection)]
public sealed class InjectionTests(BrowserFixture fixture)
{
    private const string Poison = "<img src=x onerror=\"window.injected='text'\">\"><script>window.injected='script'</script>";
    private const string Once = "/live-once";
    private static readonly string[] Kept = ["kind", "severity", "phase", "state", "role", "queries", "id", "from", "to", "hex", "source"];

    [SkippableTheory]
    [InlineData("topology")]
    [InlineData("tasks")]
    [InlineData("stores/counts?query=all")]
    [InlineData("letters")]
    [InlineData("broker/orders")]
    [InlineData("settings")]
    public async Task Hostile_texts_stay_texts(string view)
    {
        await using var page = await LivePage.OpenAsync(fixture.Browser, fixture.Shop, before: PoisonAsync);

        await page.GoAsync($"#/{view}");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("<img src=x onerror");
        await OpenEverythingAsync(page);

        Assert.Null(await page.Page.EvaluateAsync<string?>("() => window.injected ?? null"));
        Assert.Equal(1, await page.Locator("img").CountAsync());
        Assert.Equal(1, await page.Locator("script").CountAsync());
        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task An_address_cannot_carry_markup_either()
    {
        await using var page = await LivePage.OpenAsync(fixture);

        foreach (var view in new[] { "topology", "tasks", "stores", "letters", "broker", "nothing" })
        {
            await page.GoAsync($"#/{view}/{Uri.EscapeDataString(Poison)}?reason={Uri.EscapeDataString(Poison)}&contains={Uri.EscapeDataString(Poison)}");
            await page.Page.WaitForTimeoutAsync(200);
        }

        Assert.Null(await page.Page.EvaluateAsync<string?>("() => window.injected ?? null"));
        Assert.Equal(1, await page.Locator("img").CountAsync());
    }

    // A stream that a test answers is at its end at once; the page gets one that stays open and tells a single time.
    private const string OpenStream = """
        window.EventSource = class extends EventTarget {
          constructor(address) {
            super();
            fetch(`${address}-once`).then(answer => answer.text()).then(data => this.dispatchEvent(new MessageEvent('snapshot', { data })));
          }
          close() { }
        };
        """;

    /// <summary>Each text of each answer that is a name or a value of somebody is made a hostile one on its way to the page.</summary>
    private static async Task PoisonAsync(IPage page)
    {
        await page.AddInitScriptAsync(OpenStream);
        await page.RouteAsync("**/api/v1/**", async route =>
        {
            if (route.Request.Url.EndsWith(Once, StringComparison.Ordinal))
            {
                await route.FulfillAsync(new() { ContentType = "application/json", Body = await SnapshotAsync(page, route) });
                return;
            }

            var response = await route.FetchAsync();
            var body = JsonNode.Parse(await response.TextAsync());
            Spoil(body);
            await route.FulfillAsync(new() { Response = response, Body = body!.ToJsonString() });
        });
    }

    private static async Task<string> SnapshotAsync(IPage page, IRoute route)
    {
        var root = route.Request.Url[..^Once.Length];
        var snapshot = new JsonObject();
        foreach (var (name, path) in new[] { ("overview", ""), ("figures", "/figures"), ("tasks", "/tasks"), ("stores", "/stores") })
        {
            var answer = await page.APIRequest.GetAsync(root + path);
            snapshot[name] = JsonNode.Parse(await answer.TextAsync());
        }

        snapshot["overview"]!["problems"] = new JsonArray(new JsonObject
        {
            ["severity"] = "error", ["text"] = "a", ["meaning"] = "b", ["remedy"] = "c", ["since"] = null, ["node"] = "topic:orders", ["task"] = "0_0",
        });
        Spoil(snapshot);
        return snapshot.ToJsonString();
    }

    private static void Spoil(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (var (name, value) in members.ToArray())
            {
                if (Kept.Contains(name) || name.EndsWith("At", StringComparison.Ordinal) || name is "at" or "now" or "end" or "since" or "timestamp")
                {
                    continue;
                }

                if (value is JsonValue text && text.TryGetValue<string>(out var old) && !long.TryParse(old, out _))
                {
                    members[name] = name is "name" or "topic" ? old + Poison : Poison;
                }

                Spoil(members[name]);
            }
        }
        else if (node is JsonArray items)
        {
            for (var at = 0; at < items.Count; at++)
            {
                if (items[at] is JsonValue text && text.TryGetValue<string>(out _))
                {
                    items[at] = Poison;
                }

                Spoil(items[at]);
            }
        }
    }

    private static async Task OpenEverythingAsync(LivePage page)
    {
        foreach (var selector in new[] { "main .node", "main a.cell", "main tbody tr a[aria-expanded]", ".result button.link" })
        {
            var first = page.Locator(selector).First;
            if (await first.CountAsync() > 0)
            {
                await first.ClickAsync(new() { Force = true });
            }
        }
    }
}
