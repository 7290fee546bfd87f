using System.Net;
using System.Net.Http.Json;
using global::ActivityTracking;
using StreamFlow.Samples.Tests.Support;

namespace StreamFlow.Samples.Tests.ActivityTracking;

/// <summary>The sample as it is started from the command line.</summary>
public sealed class ActivityRunTests
{
    private static readonly SampleSettings Settings = new() { Port = 0, Plain = true };

    [Fact]
    public async Task A_run_ends_with_books_that_balance()
    {
        var output = await SampleRuns.BalancedAsync(new ActivitySample(), Settings with { Count = 5_000 });
        Assert.Contains("  ok        clicks, each in one session: 5,000\n", output, StringComparison.Ordinal);
        Assert.EndsWith("\nBALANCED\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_is_told_what_happens_and_asks_what_is_recommended()
    {
        await using var run = await SampleRuns.StartAsync(new ActivitySample(), Settings with { Rate = 500 });
        await run.Http.ReadAsync<ActivityPicture>("live", picture => picture is
            { Open: > 100, Funnel: [> 100, > 10, > 5], Minutes: [{ Pages.Length: Ranking.Length }, ..], Sessions.Length: > 0 });
        foreach (var file in (string[])["", "activity.js", "activity.css"])
        {
            using var response = await run.Http.GetAsync(new Uri(file, UriKind.Relative));
            Assert.True(response.IsSuccessStatusCode, $"{file}: {response.StatusCode}");
        }

        var pages = await run.Http.GetFromJsonAsync<string[]>(new Uri("pages", UriKind.Relative));
        Assert.Contains("tent", pages!);
        Ranking? ranking = null;
        await Until.TrueAsync(
            () => (ranking = Recommended(run, "tent").Result) is not null, "something is recommended to those who look at a tent");
        Assert.DoesNotContain(ranking!.Pages, page => page.Page == "tent");
        using var unknown = await run.Http.GetAsync(new Uri("recommendations/nothing", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.EndsWith("\nBALANCED\n", await run.StopAsync(), StringComparison.Ordinal);
    }

    private static async Task<Ranking?> Recommended(RunningSample run, string page)
    {
        using var response = await run.Http.GetAsync(new Uri($"recommendations/{page}", UriKind.Relative));
        return response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<Ranking>(SampleJson.Options) : null;
    }
}
