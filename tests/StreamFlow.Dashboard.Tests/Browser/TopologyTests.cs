using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>The picture of a topology, its panel, and the ways through it.</summary>
[Collection(BrowserFixture.Collection)]
public sealed class TopologyTests(BrowserFixture fixture)
{
    private const string Overlaps = """
        selector => {
          const boxes = [...document.querySelectorAll(selector)].map(node => ({ id: node.parentNode.getAttribute('data-node'), at: node.getBoundingClientRect() }));
          return boxes.flatMap((a, i) => boxes.slice(i + 1)
            .filter(b => a.at.left < b.at.right && b.at.left < a.at.right && a.at.top < b.at.bottom && b.at.top < a.at.bottom)
            .map(b => `${a.id} and ${b.id}`));
        }
        """;

    [SkippableTheory]
    [InlineData(Shop.Application, 1280, 800)]
    [InlineData(Shop.Wide, 1280, 800)]
    [InlineData(Shop.Wide, 1920, 1080)]
    [InlineData(Shop.Wide, 400, 900)]
    public async Task Every_node_is_there_once_and_none_covers_another(string application, int width, int height)
    {
        await using var page = await LivePage.OpenAsync(fixture, $"#/topology?app={application}", width, height);
        var topology = await page.ApiAsync($"applications/{application}/topology");
        var ids = topology["nodes"]!.AsArray().Select(node => node!["id"]!.GetValue<string>());

        var drawn = await page.Locator("[data-node]").EvaluateAllAsync<string[]>("nodes => nodes.map(node => node.getAttribute('data-node'))");

        Assert.Equal(ids.Order(StringComparer.Ordinal), drawn.Order(StringComparer.Ordinal));
        Assert.Equal(topology["edges"]!.AsArray().Count, await page.Locator("[data-edge]").CountAsync());
        Assert.Empty(await page.Page.EvaluateAsync<string[]>(Overlaps, "[data-node] > .shape"));
        Assert.True(application != Shop.Wide || drawn.Length >= 80, $"{drawn.Length} nodes");
    }

    [SkippableFact]
    public async Task Frames_hold_their_own_nodes_and_no_others()
    {
        await using var page = await LivePage.OpenAsync(fixture, $"#/topology?app={Shop.Wide}");
        var topology = await page.ApiAsync($"applications/{Shop.Wide}/topology");
        var homes = topology["nodes"]!.AsArray().ToDictionary(node => node!["id"]!.GetValue<string>(), node => node!["subtopology"]?.GetValue<int>());

        var inside = await page.Page.EvaluateAsync<string>("""
            () => JSON.stringify(Object.fromEntries([...document.querySelectorAll('[data-node]')].map(node => {
              const a = node.querySelector('.shape').getBoundingClientRect();
              const frame = [...document.querySelectorAll('[data-frame]')].find(one => {
                const b = one.querySelector('.region').getBoundingClientRect();
                return a.left > b.left - 1 && a.right < b.right + 1 && a.top > b.top - 1 && a.bottom < b.bottom + 1;
              });
              return [node.getAttribute('data-node'), frame ? Number(frame.getAttribute('data-frame')) : null];
            })))
            """);

        var found = JsonNode.Parse(inside)!.AsObject().ToDictionary(one => one.Key, one => one.Value?.GetValue<int>());
        Assert.Equal(
            homes.Where(home => !home.Key.StartsWith("topic:", StringComparison.Ordinal)).Select(home => $"{home.Key} in {home.Value}").Order(),
            found.Where(one => one.Value is not null).Select(one => $"{one.Key} in {one.Value}").Order());
    }

    [SkippableFact]
    public async Task Arrows_move_along_the_graph_enter_opens_and_escape_closes()
    {
        await using var page = await LivePage.OpenAsync(fixture);
        await page.Locator("[data-node='topic:orders']").FocusAsync();
        var way = new List<string>();
        for (var step = 0; step < 4; step++)
        {
            await page.Page.Keyboard.PressAsync("ArrowRight");
            way.Add(await FocusedAsync(page));
        }

        var edges = (await page.ApplicationAsync("/topology"))["edges"]!.AsArray().Select(edge => (edge!["from"]!.GetValue<string>(), edge["to"]!.GetValue<string>())).ToHashSet();
        Assert.All(way.Prepend("topic:orders").Zip(way), hop => Assert.Contains(hop, edges));
        await page.Page.Keyboard.PressAsync("ArrowLeft");
        Assert.Contains((await FocusedAsync(page), way[3]), edges);

        await page.Page.Keyboard.PressAsync("Enter");
        await page.Locator(".panel").WaitForAsync();
        Assert.Contains("#/topology/", page.Page.Url, StringComparison.Ordinal);
        await page.Page.Keyboard.PressAsync("Escape");
        await page.Locator(".panel").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        Assert.NotEqual("", await FocusedAsync(page));
        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task A_slash_searches_and_enter_goes_to_what_was_found()
    {
        await using var page = await LivePage.OpenAsync(fixture);

        await page.Page.Keyboard.PressAsync("/");
        await page.Page.Keyboard.TypeAsync("counts");
        await Assertions.Expect(page.Locator(".toolbar [role=status]")).ToContainTextAsync(" of ");
        Assert.True(await page.Locator(".node.dimmed").CountAsync() > 0);
        await page.Page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page.Locator(".panel h2")).ToContainTextAsync("counts");
    }

    [SkippableFact]
    public async Task A_panel_tells_what_the_api_tells_and_lives_through_a_reload()
    {
        await using var page = await LivePage.OpenAsync(fixture, $"#/topology/{Uri.EscapeDataString("topic:orders")}");
        await page.UntilCaughtUpAsync();
        using var kafka = new Kafka(fixture.Shop.BootstrapServers);
        var total = $"{kafka.Count("orders"):N0}";
        await Assertions.Expect(page.Locator(".panel .numbers")).ToContainTextAsync(total);
        await page.Page.ReloadAsync();
        await Assertions.Expect(page.Locator(".panel h2")).ToHaveTextAsync("orders");
        await Assertions.Expect(page.Locator(".panel .numbers")).ToContainTextAsync(total);

        await page.GoAsync("#/topology/store%3Acounts");
        await Assertions.Expect(page.Locator(".panel")).ToContainTextAsync("query this store");
        var source = (await page.ApplicationAsync("/topology"))["nodes"]!.AsArray().First(node => node!["kind"]!.GetValue<string>() == "source" && node["topic"]?.GetValue<string>() == "orders")!;
        await page.GoAsync($"#/topology/{Uri.EscapeDataString(source["id"]!.GetValue<string>())}");
        var rows = await page.RowsAsync("Partitions of the source");
        Assert.Equal(kafka.Ends("orders").Select((end, p) => $"{p} {end.High.Value:N0}").Order(), rows.Select(row => $"{row[0]} {row[2]}").Order());
        Assert.All(source["describe"]!.AsArray(), line => Assert.NotEmpty(line!.GetValue<string>()));
        await Assertions.Expect(page.Locator(".panel pre").Last).ToContainTextAsync(source["describe"]![0]!.GetValue<string>().Trim());
        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task Points_move_on_edges_only_while_records_do()
    {
        await using var page = await LivePage.OpenAsync(fixture);
        await Assertions.Expect(page.Locator(".edge.flows")).ToHaveCountAsync(0);

        for (var flows = false; !flows;)
        {
            await fixture.Shop.SendAsync(orders: 20, poison: false);
            flows = await page.Locator(".edge.flows .dots").CountAsync() > 0;
        }

        Assert.NotEqual("none", await page.Locator(".edge.flows .dots").First.EvaluateAsync<string>("dots => getComputedStyle(dots).animationName"));
        await page.Page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await Assertions.Expect(page.Locator(".edge .dots >> visible=true")).ToHaveCountAsync(0);
        await page.Page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.NoPreference });
        await Assertions.Expect(page.Locator(".edge.flows")).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task Exports_stand_by_themselves()
    {
        await using var page = await LivePage.OpenAsync(fixture);

        var svg = await DownloadAsync(page, "Export as SVG");
        var mermaid = await DownloadAsync(page, "Export as Mermaid");

        Assert.Contains("orders", System.Xml.Linq.XDocument.Parse(svg).Root!.Value, StringComparison.Ordinal);
        Assert.Contains("--accent:#", svg, StringComparison.Ordinal);
        Assert.Equal((await page.ApplicationAsync("/topology"))["mermaid"]!.GetValue<string>(), mermaid);
        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task A_sub_topology_is_collapsed_to_one_box_and_opened_again()
    {
        await using var page = await LivePage.OpenAsync(fixture);
        var all = await page.Locator("[data-node]").CountAsync();
        var toggle = page.Locator("[data-frame='0'] .toggle");

        await toggle.FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(toggle).ToHaveAttributeAsync("aria-expanded", "false");
        Assert.True(await page.Locator("[data-node]").CountAsync() < all);
        await page.Page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page.Locator("[data-node]")).ToHaveCountAsync(all);
    }

    private static async Task<string> DownloadAsync(LivePage page, string button)
    {
        var download = await page.Page.RunAndWaitForDownloadAsync(() => page.Page.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync());
        return await File.ReadAllTextAsync(await download.PathAsync());
    }

    private static Task<string> FocusedAsync(LivePage page) => page.Page.EvaluateAsync<string>("() => document.activeElement.getAttribute('data-node') ?? ''");
}
