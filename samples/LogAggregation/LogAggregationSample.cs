using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Samples.LogAggregation;

/// <summary>Logs of several services: rates, spikes, files, search.</summary>
internal sealed class LogAggregationSample : ISample
{
    private const int LinesFound = 200;
    private LogBooks? _books;

    public string Name => "log-aggregation";

    public string Summary => "Logs of four services: error rates per minute, spikes by sliding window, files by service and hour, search.";

    public int DefaultRate => 200;

    public IReadOnlyList<SampleTopic> Topics =>
        [.. Pipeline.Services.Select(s => new SampleTopic(Pipeline.TopicOf(s), 2)), new(Pipeline.PerMinute, 2), new(Pipeline.Spikes, 2)];

    public void AddServices(IServiceCollection services, SampleRun run)
    {
        _books = new LogBooks(run.Books, Folder(run));
        services.AddStreamFlow(Pipeline.Name, (topology, _) => Pipeline.Describe(topology), run.Configure);
        services.AddStreamFlow(LogFiles.Name, (topology, _) => LogFiles.Describe(topology, Folder(run)), options =>
        {
            run.Configure(options);

            // It writes to no topic: a transaction would protect nothing here.
            options.Streams.ProcessingGuarantee = ProcessingGuarantee.AtLeastOnce;
            options.Streams.CommitInterval = TimeSpan.FromSeconds(1);
        });
    }

    public void MapPage(IEndpointRouteBuilder endpoints, SampleRun run)
    {
        var spikes = _books!;
        endpoints.MapFeed("/live", () => new { Minutes = Minutes(run), Spikes = spikes.Latest() }, TimeSpan.FromMilliseconds(500));
        endpoints.MapGet("/search", (string? text, string? service) => LogFiles.ReadAll(Folder(run))
            .Where(found => string.IsNullOrEmpty(service) || found.File.StartsWith(service + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            .Where(found => found.Line.Contains(text ?? string.Empty, StringComparison.OrdinalIgnoreCase))
            .Take(LinesFound)
            .Select(found => new { found.File, found.Line }));
    }

    public async Task GenerateAsync(SampleRun run, CancellationToken stop)
    {
        var clock = new EventClock(run.Time, _books!.EarlierEnd);
        var providers = Pipeline.Services.ToDictionary(s => s, s => new TopicLoggerProvider(s, run.Sender, clock));
        var generator = new LogGenerator(run.Settings.Seed, clock, service => providers[service].CreateLogger("Worker"));
        await foreach (var _ in run.TurnsAsync(stop))
        {
            var line = generator.Next();
            _books.Expect(line, clock.GetUtcNow());
        }

        run.Sender.Flush();
        foreach (var provider in providers.Values)
        {
            provider.Dispose();
        }
    }

    private static string Folder(SampleRun run) => Path.Combine(run.StateDirectory, "log-files");

    /// <summary>The last half hour of event time, from the store of the running application.</summary>
    private static IEnumerable<object> Minutes(SampleRun run)
    {
        try
        {
            var rows = run.Services.GetRequiredKeyedService<StreamsApplication>(Pipeline.Name).Stores
                .Window<string, LogCount>("per-minute").All().ToList();
            var from = rows.Count == 0 ? 0 : rows.Max(r => r.Key.Window.Start) - (long)TimeSpan.FromMinutes(29).TotalMilliseconds;
            return rows.Where(r => r.Key.Window.Start >= from).OrderBy(r => r.Key.Window.Start)
                .Select(r => new { Service = r.Key.Key, At = r.Key.Window.StartTime, r.Value.Value.Lines, r.Value.Value.Errors });
        }
        catch (StoreQueryException)
        {
            return []; // the application starts or stops
        }
    }
}
