using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>Tasks, stores, broker and settings: what is on the page is what the API and another client say.</summary>
[Collection(BrowserFixture.Collection)]
public sealed class ViewTests(BrowserFixture fixture)
{
    [SkippableFact]
    public async Task Tasks_are_those_of_the_api_and_stand_where_the_group_has_committed()
    {
        await using var page = await LivePage.OpenAsync(fixture, "#/tasks");
        await page.UntilCaughtUpAsync();
        var tasks = (await page.ApplicationAsync("/tasks"))["tasks"]!.AsArray();
        using var kafka = new Kafka(fixture.Shop.BootstrapServers);

        var rows = await page.RowsAsync("Tasks");
        Assert.Equal(tasks.Select(task => task!["id"]!.GetValue<string>()).Order(), rows.Select(row => row[0]).Order());
        Assert.Equal(tasks.Count, await page.Locator(".matrix .cell").CountAsync());
        await Assertions.Expect(page.Locator(".matrix .cell.ok")).ToHaveCountAsync(tasks.Count);

        await page.Locator(".matrix .cell").First.ClickAsync();
        var task = await page.Locator(".card h2").First.TextContentAsync();
        foreach (var input in await page.RowsAsync($"Inputs of {task!.ToLowerInvariant()}"))
        {
            var at = input[0].LastIndexOf('-');
            var partition = new Confluent.Kafka.TopicPartition(input[0][..at], int.Parse(input[0][(at + 1)..], System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal($"{kafka.Ends(partition.Topic)[partition.Partition.Value].High.Value:N0}", input[1]);
        }

        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task A_store_answers_what_another_client_reads_from_the_results()
    {
        await using var page = await LivePage.OpenAsync(fixture, "#/stores/counts");
        await page.UntilCaughtUpAsync();
        using var kafka = new Kafka(fixture.Shop.BootstrapServers);
        var counted = kafka.Read("order-counts").GroupBy(r => Encoding.UTF8.GetString(r.Message.Key!))
            .ToDictionary(group => group.Key, group => System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(group.Last().Message.Value));
        Assert.Equal(fixture.Shop.Placed.Select(one => $"{one.Key} {one.Value}").Order(), counted.Select(one => $"{one.Key} {one.Value}").Order());

        await page.Page.GetByRole(AriaRole.Textbox, new() { Name = "Key" }).FillAsync("books");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Query" }).ClickAsync();
        Assert.Equal([$"books {counted["books"]}"], (await page.RowsAsync("Rows of counts")).Select(row => $"{row[0]} {row[1]}"));
        await page.Page.ReloadAsync();
        Assert.Equal([$"books {counted["books"]}"], (await page.RowsAsync("Rows of counts")).Select(row => $"{row[0]} {row[1]}"));

        await page.GoAsync("#/stores/counts?query=all");
        await Assertions.Expect(page.Locator(".result tbody tr")).ToHaveCountAsync(counted.Count);
        Assert.Equal(
            counted.Select(one => $"{one.Key} {one.Value}").Order(),
            (await page.RowsAsync("Rows of counts")).Select(row => $"{row[0]} {row[1]}").Order());
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Copy as JSON" }).ClickAsync();
        var copied = JsonNode.Parse(await page.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()"))!.AsArray();
        Assert.Equal(counted.Keys.Order(), copied.Select(row => row!["key"]!.GetValue<string>()).Order());
        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task A_windowed_store_shows_its_windows_and_a_mistake_is_told()
    {
        await using var page = await LivePage.OpenAsync(fixture, "#/stores/by-window?query=window&timeFrom=nonsense");
        await Assertions.Expect(page.Locator(".card .notice")).ToBeVisibleAsync();

        await page.GoAsync("#/stores/by-window?query=window&key=o1");
        var rows = await page.RowsAsync("Rows of by-window");

        Assert.All(rows, row => Assert.Equal(("o1", TimeSpan.FromMinutes(10)), (row[0], Time(row[2]) - Time(row[1]))));

        // Near midnight the day is told beside one of the two.
        static TimeSpan Time(string text) => TimeSpan.Parse(text.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture) is var time && time.Hours == 0 && text.Contains(' ', StringComparison.Ordinal) ? time + TimeSpan.FromDays(1) : time;
    }

    [SkippableFact]
    public async Task The_broker_is_as_another_client_sees_it_and_topics_can_be_looked_into()
    {
        await using var page = await LivePage.OpenAsync(fixture, "#/broker");
        using var kafka = new Kafka(fixture.Shop.BootstrapServers);
        await page.UntilCaughtUpAsync();

        var topics = (await page.RowsAsync("Topics")).ToDictionary(row => row[0], row => (row[1], row[2]));
        foreach (var topic in new[] { "orders", "order-counts", Shop.DeadLetters })
        {
            Assert.Equal(($"{kafka.Ends(topic).Count}", $"{kafka.Count(topic):N0}"), topics[topic]);
        }

        var committed = (await kafka.CommittedAsync(Shop.Application)).Where(one => one.Key.Topic == "orders").Select(one => $"orders-{one.Key.Partition.Value} {one.Value:N0}");
        var offsets = await page.RowsAsync($"Offsets of {Shop.Application}");
        Assert.Equal(committed.Order(), offsets.Where(row => row[0].StartsWith("orders-", StringComparison.Ordinal)).Select(row => $"{row[0]} {row[1]}").Order());

        await page.GoAsync($"#/broker/orders?contains={Uri.EscapeDataString(Shop.HostileValue)}&offset=0");
        var found = Assert.Single(await page.RowsAsync("Records"));
        Assert.Equal((Shop.HostileKey, Shop.HostileValue), (found[3], found[4]));
        await page.Locator(".result button.link").ClickAsync();
        await Assertions.Expect(page.Locator(".detail")).ToContainTextAsync(Shop.HostileHeader);
        Assert.Empty(page.Errors);
    }

    [SkippableFact]
    public async Task Settings_say_where_they_come_from_and_keep_secrets()
    {
        await using var page = await LivePage.OpenAsync(fixture, "#/settings");

        var settings = (await page.ApplicationAsync("/settings"))["options"]!.AsArray();
        var rows = await page.RowsAsync("Options");

        Assert.Equal(settings.Select(one => one!["name"]!.GetValue<string>()), rows.Select(row => row[0]));
        Assert.Contains(rows, row => row[0].Contains("CommitInterval", StringComparison.Ordinal) && row[1].Contains("00:00:00.1", StringComparison.Ordinal) && row[2] == "code");
        Assert.DoesNotContain(Shop.Secret, await page.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.Contains(await page.RowsAsync("Settings of the Kafka client"), row => row[0] == "sasl.password" && row[1] == "••••••");
    }
}
