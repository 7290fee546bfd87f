using System.Text;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StreamFlow.Broker;
using StreamFlow.Hosting;
using StreamFlow.Serialization;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>
/// A host as users have it, with two applications on an embedded broker and the page: <c>shop</c> counts orders, some of which are
/// poison and some hostile, and <c>wide</c> has a topology of a hundred nodes.
/// </summary>
internal sealed class Shop(bool isHostile = true) : IAsyncDisposable
{
    public const string Application = "shop";
    public const string Wide = "wide";
    public const string DeadLetters = "shop-dead";
    public const int Partitions = 3;
    public const string HostileKey = "<img src=x onerror=\"window.injected='key'\">";
    public const string HostileValue = "\"><script>window.injected='value'</script>";
    public const string HostileHeader = "<svg onload=\"window.injected='header'\">";
    public const string Secret = "hunter2-and-more";

    private readonly string[] _categories = ["books", "games", "toys", isHostile ? HostileKey : "music"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("streamflow-page-");
    private readonly Dictionary<string, long> _placed = [];
    private int _port;
    private int _open;
    private WebApplication? _host;

    /// <summary>Where the page is.</summary>
    public Uri Address => new($"http://127.0.0.1:{_port}/streamflow/");

    /// <summary>Streams of figures that are open now.</summary>
    public int OpenStreams => Volatile.Read(ref _open);

    public string BootstrapServers => _host!.Services.GetRequiredService<EmbeddedBroker>().BootstrapServers;

    /// <summary>How many orders of each category were placed.</summary>
    public IReadOnlyDictionary<string, long> Placed => _placed;

    /// <summary>Records that were sent to the orders.</summary>
    public int Sent { get; private set; }

    /// <summary>Records among them that cannot be read, and whose function throws.</summary>
    public int Unreadable { get; private set; }

    public int Throwing { get; private set; }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { EnvironmentName = "Development" });
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{_port}");
        builder.Services.AddRoutingCore();
        builder.Services.AddEmbeddedBroker(new EmbeddedBrokerOptions
        {
            DataDirectory = Path.Combine(_folder.FullName, "broker"),
            Topics = [new("orders", Partitions), new("order-counts", Partitions), new(DeadLetters, 1), new("wide-in", 1), new("wide-out", 1)],
        });
        builder.Services.AddStreamFlow(Application, (topology, _) => Describe(topology), Configure);
        builder.Services.AddStreamFlow(Wide, (topology, _) => WideTopology.Describe(topology), Configure);
        var host = builder.Build();
        host.Use(async (context, next) =>
        {
            var isStream = context.Request.Path.Value!.EndsWith("/live", StringComparison.Ordinal);
            Interlocked.Add(ref _open, isStream ? 1 : 0);
            try
            {
                await next(context);
            }
            finally
            {
                Interlocked.Add(ref _open, isStream ? -1 : 0);
            }
        });
        host.MapStreamFlow("/streamflow", new DashboardOptions { AllowActions = true, ShowRecords = true });
        await host.StartAsync();
        _host = host;
        _port = new Uri(host.Urls.First()).Port;
    }

    public async Task StopAsync()
    {
        await _host!.StopAsync();
        await _host.DisposeAsync();
        _host = null;
    }

    /// <summary>Sends orders: most are placed, some are not, a few cannot be read and for a few the function throws.</summary>
    public async Task SendAsync(int orders, bool poison)
    {
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = BootstrapServers, Partitioner = Partitioner.Murmur2Random }).Build();
        for (var at = 0; at < orders; at++)
        {
            var category = _categories[at % _categories.Length];
            var placed = at % 5 != 0;
            _placed[category] = _placed.GetValueOrDefault(category) + (placed ? 1 : 0);
            await SendAsync(producer, $"o{at}", System.Text.Json.JsonSerializer.Serialize(new Order(category, placed ? "placed" : "cancelled", 100 + at)));
        }

        if (poison)
        {
            await SendAsync(producer, isHostile ? HostileKey : "o99", isHostile ? HostileValue : "[]");
            await SendAsync(producer, "unreadable", "{ no order");
            await SendAsync(producer, "costs-less-than-nothing", System.Text.Json.JsonSerializer.Serialize(new Order("books", "placed", -1)));
            (Unreadable, Throwing) = (Unreadable + 2, Throwing + 1);
        }
    }

    private async Task SendAsync(IProducer<string, string> producer, string key, string value)
    {
        var header = isHostile ? HostileHeader : "shop";
        var headers = new Confluent.Kafka.Headers { { header, Encoding.UTF8.GetBytes(header) } };
        await producer.ProduceAsync("orders", new() { Key = key, Value = value, Headers = headers });
        Sent++;
    }

    private void Configure(StreamFlowHostOptions options)
    {
        options.Streams.StateDirectory = Path.Combine(_folder.FullName, "state");
        options.Streams.CommitInterval = TimeSpan.FromMilliseconds(100);
        options.Streams.DeadLetterTopic = DeadLetters;
        options.Streams.DeserializationErrorHandler = (in ErrorContext _) => ErrorResponse.DeadLetter;
        options.Streams.ProcessingErrorHandler = (in ErrorContext _) => ErrorResponse.DeadLetter;
        options.Client["sasl.password"] = Secret;
    }

    private static void Describe(StreamsBuilder topology)
    {
        topology.Serdes.Add(new JsonSerde<Order>());
        topology.Stream<string, Order>("orders")
            .Filter((_, order) => order.Status == "placed")
            .MapValues(order => order.Cents >= 0 ? order : throw new ArgumentException($"An order of {order.Cents} cents"), "checked")
            .GroupBy((_, order) => order.Category, new() { Name = "by-category" })
            .Count(new() { Name = "counts" })
            .ToStream()
            .To("order-counts");
        topology.Stream<string, Order>("orders", new() { Name = "again" })
            .GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1)))
            .Count(new() { Name = "by-window" });
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await StopAsync();
        }

        _folder.Delete(recursive: true);
    }

    internal sealed record Order(string Category, string Status, int Cents);
}
