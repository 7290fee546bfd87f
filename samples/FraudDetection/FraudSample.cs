using System.CommandLine;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow;
using StreamFlow.Hosting;
using StreamFlow.Samples;

namespace FraudDetection;

/// <summary>The sample: a payment comes in, a verdict goes out, some milliseconds later and exactly once.</summary>
internal sealed class FraudSample : ISample
{
    private static readonly Dictionary<string, string> KeptForEver = new() { ["retention.ms"] = "-1" };

    public string Name => Pipeline.Application;

    public string Summary => "Card payments are judged as they come: too many in a minute, two places at once, blocked cards.";

    public int DefaultRate => 50;

    /// <summary>Event time may be that of another day: the topics must not drop "old" records by the clock.</summary>
    public IReadOnlyList<SampleTopic> Topics { get; } =
    [
        new(Pipeline.Payments) { Configs = KeptForEver },
        new(Pipeline.BlockedCards, Partitions: 1) { Configs = new() { ["cleanup.policy"] = "compact" } },
        new(Pipeline.Verdicts) { Configs = KeptForEver },
        new(Pipeline.Alerts) { Configs = KeptForEver },
    ];

    /// <summary>Whether a payment is sent. A test that says no sees that the books tell.</summary>
    internal Predicate<Payment> Sends { get; init; } = _ => true;

    public void AddServices(IServiceCollection services, SampleRun run)
    {
        services.AddSingleton(new FraudBooks(run)).AddStreamFlow(Pipeline.Application, (topology, _) => Pipeline.Describe(topology), options =>
        {
            run.Configure(options);
            options.Streams.CommitInterval = TimeSpan.FromMilliseconds(25); // whoever pays waits for it
        });
    }

    public void MapPage(IEndpointRouteBuilder endpoints, SampleRun run) =>
        endpoints.MapFeed("/live", endpoints.ServiceProvider.GetRequiredService<FraudBooks>().Picture, TimeSpan.FromMilliseconds(500));

    public async Task GenerateAsync(SampleRun run, CancellationToken stop)
    {
        var books = run.Services.GetRequiredService<FraudBooks>();
        var step = run.Settings.Rate > 0 ? TimeSpan.FromSeconds(1.0 / run.Settings.Rate) : TimeSpan.FromMilliseconds(10);
        var clock = EventClock.For(run, step, recordsPerStep: 1, books.JudgedUntil);
        var generator = new PaymentGenerator(run.Settings.Seed, run.Id, clock);
        using var sender = new RecordSender(run.BootstrapServers);
        await foreach (var turn in run.TurnsAsync(stop))
        {
            await clock.WaitAsync(turn, stop);
            await books.WaitAsync(stop);
            var next = generator.Next();
            for (; next is Blocked blocked; next = generator.Next())
            {
                await BlockAsync(run, sender, blocked);
                books.Expect(blocked);
            }

            var (payment, at) = (Paid)next;
            books.Expect(payment, at);
            if (Sends(payment))
            {
                sender.Send(Pipeline.Payments, payment.Card, payment, DateTimeOffset.FromUnixTimeMilliseconds(at));
            }
        }

        sender.Flush();
    }

    /// <summary>
    /// A global table is read by a thread of its own, so a row that was just written may not be there yet. Whoever must not pay
    /// any more is safe once a query finds the row: payments made before it are not affected, whenever they are processed.
    /// </summary>
    private static async Task BlockAsync(SampleRun run, RecordSender sender, Blocked blocked)
    {
        sender.Send(Pipeline.BlockedCards, blocked.Card, blocked.Row);
        var application = run.Services.GetRequiredKeyedService<StreamsApplication>(Pipeline.Application);
        var rows = application.Stores.KeyValue<string, BlockedCard>(Pipeline.BlockedCards);
        while (application.State is StreamsState.Running or StreamsState.Rebalancing && !rows.TryGet(blocked.Card, out _))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), run.Time);
        }
    }
}
