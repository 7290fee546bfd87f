using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>Numbers of records that a browser's own numbers cannot hold: they are shown and copied as they are written.</summary>
[Collection(BrowserFixture.Collection)]
public sealed class NumbersTests(BrowserFixture fixture)
{
    private const string Json = """{"cents":9007199254740993,"rate":1.10,"of":[],"in":{"a \"b\", {c}":[1e400,null]}}""";

    private const string Indented = """
        {
          "cents": 9007199254740993,
          "rate": 1.10,
          "of": [],
          "in": {
            "a \"b\", {c}": [
              1e400,
              null
            ]
          }
        }
        """;

    [SkippableFact]
    public async Task A_value_is_shown_as_json_with_its_own_numbers()
    {
        await using var page = await LivePage.OpenAsync(fixture);
        await AnswerAsync(page, "/topics/orders/records", answer => answer["records"]!.AsArray());

        await page.GoAsync("#/broker/orders?offset=0");
        await page.Locator(".result button.link").First.ClickAsync();
        await page.Locator(".detail").GetByRole(AriaRole.Button, new() { Name = "JSON" }).Last.ClickAsync();

        Assert.Equal(Indented, await page.Locator(".detail pre").Last.TextContentAsync());
        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task Rows_are_copied_with_their_own_numbers()
    {
        await using var page = await LivePage.OpenAsync(fixture);
        await AnswerAsync(page, "/stores/counts/rows", answer => answer["rows"]!.AsArray());

        await page.GoAsync("#/stores/counts?query=all");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Copy as JSON" }).ClickAsync();
        await Assertions.Expect(page.Locator("#announce")).ToHaveTextAsync("Copied");
        var copied = await page.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");

        Assert.Contains("\"cents\": 9007199254740993,", copied, StringComparison.Ordinal);
        Assert.All(JsonNode.Parse(copied)!.AsArray(), row => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Json), row!["value"])));
        Assert.All(JsonNode.Parse(copied)!.AsArray(), row => Assert.NotNull(row!["timestamp"]));
        Assert.Empty(page.Errors);
    }

    /// <summary>Gives each value of the host's answer the JSON of these tests.</summary>
    private static async Task AnswerAsync(LivePage page, string address, Func<JsonNode, JsonArray> values) =>
        await page.Page.RouteAsync(url => url.Contains(address, StringComparison.Ordinal), async route =>
        {
            var response = await route.FetchAsync();
            var answer = JsonNode.Parse(await response.TextAsync())!;
            foreach (var one in values(answer))
            {
                one!["value"]!["json"] = Json;
            }

            await route.FulfillAsync(new() { Response = response, Body = answer.ToJsonString() });
        });
}
