using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>Dead letters on the page: listed, filtered, read, and sent again.</summary>
[Collection(BrowserFixture.Collection)]
public sealed class LettersTests(BrowserFixture fixture)
{
    [SkippableFact]
    public async Task Letters_are_listed_filtered_and_read()
    {
        await using var page = await LivePage.OpenAsync(fixture, "#/letters");
        using var kafka = new Kafka(fixture.Shop.BootstrapServers);

        await Assertions.Expect(page.Locator("main h2").First).ToHaveTextAsync($"{kafka.Count(Shop.DeadLetters)} dead letters");
        Assert.Equal(kafka.Count(Shop.DeadLetters), (await page.RowsAsync("Dead letters")).Length);
        var answer = await page.ApplicationAsync("/deadletters");
        foreach (var (reason, count) in answer["byReason"]!.AsObject())
        {
            await page.GoAsync("#/letters");
            await page.Locator(".counts a", reason).First.ClickAsync();
            await Assertions.Expect(page.Locator(".head [role=status]")).ToContainTextAsync(reason);
            await Assertions.Expect(page.Locator("[aria-label='Dead letters'] tbody tr")).ToHaveCountAsync((int)LivePage.Whole(count!));
            Assert.All(await page.RowsAsync("Dead letters"), row => Assert.Equal(reason, row[2]));
        }

        await page.GoAsync("#/letters");
        await page.Locator("tbody tr", Shop.HostileKey).GetByRole(AriaRole.Link, new() { Name = "open" }).ClickAsync();
        var detail = page.Locator(".detail");
        await Assertions.Expect(detail.Locator("pre").Nth(1)).ToHaveTextAsync(Shop.HostileValue);
        await Assertions.Expect(detail).ToContainTextAsync(Shop.HostileHeader);
        await detail.GetByRole(AriaRole.Button, new() { Name = "Hex" }).Last.ClickAsync();
        await Assertions.Expect(detail.Locator("pre").Nth(1)).ToContainTextAsync("22 3e 3c 73 63 72 69 70 74");
        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task A_letter_is_sent_again_after_one_question()
    {
        await using var page = await LivePage.OpenAsync(fixture, "#/letters");
        using var kafka = new Kafka(fixture.Shop.BootstrapServers);
        var (orders, letters) = (kafka.Count("orders"), kafka.Count(Shop.DeadLetters));

        await page.Locator("tbody tr", "costs-less-than-nothing").First.GetByRole(AriaRole.Checkbox).CheckAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Replay chosen (1)" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        Assert.Equal(orders, kafka.Count("orders"));
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Replay chosen (1)" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();

        await Assertions.Expect(page.Locator(".progress")).ToHaveTextAsync("1 of 1 sent again");
        Assert.Equal(orders + 1, kafka.Count("orders"));
        await LivePage.UntilAsync(() => Task.FromResult(kafka.Count(Shop.DeadLetters) == letters + 1), "the letter fails again, and is set aside again");
        await Assertions.Expect(page.Locator("main h2").First).ToHaveTextAsync($"{letters + 1} dead letters");
        Assert.Empty(page.Errors);
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

    [SkippableFact]
    public async Task A_replay_that_was_cut_off_says_what_is_not_known()
    {
        await using var page = await LivePage.OpenAsync(fixture, "#/letters");
        await page.Page.RouteAsync(url => url.Contains("/deadletters/replays", StringComparison.Ordinal), route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = """{"id":"r1","total":8,"done":3,"failed":1,"unknown":2,"finished":true,"error":"The host stops."}""",
        }));

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Replay all" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();

        await Assertions.Expect(page.Locator(".progress")).ToContainTextAsync("3 of 8 sent again, 1 failed, of 2 it is not known");
        await Assertions.Expect(page.Locator(".progress")).ToContainTextAsync("The host stops.");
    }
}
