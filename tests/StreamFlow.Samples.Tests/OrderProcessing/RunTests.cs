using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using StreamFlow.Samples.OrderProcessing;

namespace StreamFlow.Samples.Tests.OrderProcessing;

public sealed class RunTests
{
    [Fact]
    public async Task A_run_ends_with_books_that_balance_with_what_was_replayed()
    {
        var output = await SampleRuns.BalancedAsync(new OrderProcessingSample(), new SampleSettings { Count = 600, Port = 0, Plain = true });
        Assert.Contains("  ok        orders confirmed or cancelled, each once: 600\n", output, StringComparison.Ordinal);
        Assert.Contains("  ok        customers notified, once for each order: 600\n", output, StringComparison.Ordinal);
        Assert.Matches("  ok        unreadable orders set aside, to be replayed: [1-9]", output);
    }

    [Fact]
    public async Task Orders_by_hand_are_processed_and_mending_replays_what_was_set_aside()
    {
        await using var sample = await SampleRuns.StartAsync(new OrderProcessingSample(), new SampleSettings { Port = 0, Rate = 50, Plain = true });
        using var refused = await sample.Http.PostAsJsonAsync("orders", new { product = "<b>", quantity = 0, card = "" });
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);

        using var placed = await sample.Http.PostAsJsonAsync("orders", new { product = "notebook", quantity = 1, card = "4000-1230" });
        Assert.Equal(HttpStatusCode.Accepted, placed.StatusCode);
        await Until.TrueAsync(
            async () => await StageAsync(sample.Http, placed.Headers.Location!) == "cancelled", "the order with the declined card is cancelled");

        await Until.TrueAsync(() => sample.Books.Entries[^1].Seen > 0, "an order is set aside");
        using var mended = await sample.Http.PostAsync(new Uri("mend", UriKind.Relative), null);
        Assert.NotEqual(0, (await mended.Content.ReadFromJsonAsync<JsonObject>())!["replayed"]!.GetValue<int>());
        Assert.EndsWith("\nBALANCED\n", await sample.StopAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_order_that_ends_twice_and_a_customer_who_is_told_for_nothing_do_not_balance()
    {
        await using var sample = await SampleRuns.StartAsync(
            new OrderProcessingSample(), new SampleSettings { Port = 0, Rate = 50, Plain = true, Patience = TimeSpan.FromSeconds(2) });
        await Until.TrueAsync(() => sample.Books.Entries[0].Seen > 20, "twenty orders have ended");
        var first = $"{sample.Run.Id}-0000000";
        sample.Run.Sender.Send(Topics.Outcomes, first, new Outcome(first, false, "a stranger says so", "notebook", 1, 0));
        sample.Run.Sender.Send(Topics.Notifications, "nobody", new Notification("nobody", "nothing"));

        var output = await sample.StopAsync();
        Assert.Contains($"'{first}' 1 expected, 2 seen", output, StringComparison.Ordinal);
        Assert.Contains("'nobody' nothing expected, 1 seen", output, StringComparison.Ordinal);
        Assert.EndsWith("\nNOT BALANCED\n", output, StringComparison.Ordinal);
    }

    private static async Task<string?> StageAsync(HttpClient http, Uri address)
    {
        using var answer = await http.GetAsync(address);
        return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonObject>())!["stage"]!.GetValue<string>() : null;
    }
}
