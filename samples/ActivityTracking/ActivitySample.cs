using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow;
using StreamFlow.Samples;

namespace ActivityTracking;

/// <summary>The sample: its topics, its application, its page, and the users who click.</summary>
internal sealed class ActivitySample : ISample
{
    private const string Application = "activity-tracking";
    private const int UsersDrawn = 12;
    private ActivityBooks? _books;

    public string Name => Application;

    public string Summary => "Clicks of a shop as sessions, a funnel, the top pages of each minute, and recommendations.";

    public int DefaultRate => 100;

    public IReadOnlyList<SampleTopic> Topics =>
    [
        .. new[]
        {
            Pipeline.Clicks, Pipeline.Sessions, Pipeline.Funnel, Pipeline.PageViews, Pipeline.TopPages, Pipeline.CoVisits,
            Pipeline.Recommendations,
        }.Select(OfEventTime),
    ];

    public void AddServices(IServiceCollection services, SampleRun run)
    {
        _books = new ActivityBooks(run.Books);
        services.AddStreamFlow(Application, (topology, _) => Pipeline.Describe(topology), run.Configure);
    }

    public void MapPage(IEndpointRouteBuilder endpoints, SampleRun run)
    {
        var users = Enumerable.Range(1, UsersDrawn).Select(number => Shoppers.UserOf(run.Id, number)).ToArray();
        var view = new ActivityView(endpoints.ServiceProvider.GetRequiredKeyedService<StreamsApplication>(Application), users);
        endpoints.MapFeed("/live", view.Picture, TimeSpan.FromMilliseconds(500));
        endpoints.MapGet("/pages", () => Shoppers.Pages);
        endpoints.MapGet("/recommendations/{page}", (string page) =>
            view.Recommendations(page) is { } ranking ? Results.Ok(ranking) : Results.NotFound());
    }

    /// <summary>
    /// Event time begins behind that of earlier runs, so that nothing is late, and goes on as fast as users click: at the asked rate in
    /// step with the clock, without one as fast as the machine allows.
    /// </summary>
    public async Task GenerateAsync(SampleRun run, CancellationToken stop)
    {
        var (settings, books) = (run.Settings, _books!);
        var rate = settings.Rate > 0 ? settings.Rate : DefaultRate;
        var lasts = settings.Rate > 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(settings.Count / rate, 72_000));
        var start = Math.Max((run.Time.GetUtcNow() - lasts).ToUnixTimeMilliseconds(), books.LatestMs + 1);
        using var clicks = new Shoppers(settings.Seed, rate * Shoppers.UsersPerClickAndSecond, start, run.Id).Run().GetEnumerator();
        await foreach (var _ in run.TurnsAsync(stop))
        {
            clicks.MoveNext();
            var made = clicks.Current;
            books.Expect(made);
            run.Sender.Send(Pipeline.Clicks, made.User, made.Click, DateTimeOffset.FromUnixTimeMilliseconds(made.Timestamp));
        }

        run.Sender.Flush();
        books.Close();
    }

    /// <summary>Event time is the users', not the broker's: nothing is deleted for its age, or refused for its time.</summary>
    private static SampleTopic OfEventTime(string name) => new(name)
    {
        Configs = new() { ["retention.ms"] = "-1", ["message.timestamp.after.max.ms"] = "9223372036854775807" },
    };
}
