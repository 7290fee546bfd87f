using System.Net;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StreamFlow.Broker;
using StreamFlow.Hosting;
using StreamFlow.Serialization;

namespace StreamFlow.Dashboard.Tests.Support;

/// <summary>An order of the application under test.</summary>
public sealed record Order(string Category, int Cents);

/// <summary>A web host with a broker, an application that counts orders by category, and the page.</summary>
internal sealed class PageHost : IAsyncDisposable
{
    public const string Application = "order-counts";
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private readonly WebApplication _app;

    private PageHost(WebApplication app, HttpClient client) => (_app, Client) = (app, client);

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public string BootstrapServers => Services.GetRequiredService<EmbeddedBroker>().BootstrapServers;

    public Uri Address => Client.BaseAddress!;

    public static Task<PageHost> StartAsync(DashboardOptions? options = null, Action<WebApplicationBuilder>? configure = null) =>
        StartAsync(app => app.MapStreamFlow("/streamflow", options), configure);

    public static async Task<PageHost> StartAsync(Action<WebApplication> map, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Test" });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddEmbeddedBroker(new EmbeddedBrokerOptions
        {
            Topics = [new("orders", Partitions: 2), new("category-counts", Partitions: 2), new("letters", Partitions: 1)],
        });
        builder.Services.AddStreamFlow(Application, (topology, _) => Describe(topology), options =>
        {
            options.Streams.CommitInterval = TimeSpan.FromMilliseconds(200);
            options.Streams.NumStreamThreads = 2;
            options.StoreBackend = StoreBackend.InMemory;
        });
        configure?.Invoke(builder);
        var app = builder.Build();
        map(app);
        await app.StartAsync().WaitAsync(Deadline);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new PageHost(app, new HttpClient { BaseAddress = new Uri(address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)) });
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await Client.GetAsync(new Uri($"/streamflow/api/v1/{path}", UriKind.Relative));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Asks until the answer is as it is to be; what cannot be told at the moment may be told later.</summary>
    public async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> isThere)
    {
        using var limit = new CancellationTokenSource(Deadline);
        JsonElement last = default;
        while (!limit.IsCancellationRequested)
        {
            using var response = await Client.GetAsync(new Uri($"/streamflow/api/v1/{path}", UriKind.Relative));
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.Conflict, $"{path}: {(int)response.StatusCode} {text}");
            last = JsonDocument.Parse(text).RootElement;
            if (response.IsSuccessStatusCode && isThere(last))
            {
                return last;
            }

            await Task.Delay(100);
        }

        throw new TimeoutException($"{path} has not become what was waited for: {last}");
    }

    public Task<JsonElement> RunningAsync() =>
        UntilAsync($"applications/{Application}", o => o.GetProperty("phase").GetString() == "running");

    public async Task ProduceAsync(IEnumerable<(string Key, string Value)> records, string topic = "orders")
    {
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = BootstrapServers }).Build();
        foreach (var (key, value) in records)
        {
            producer.Produce(topic, new Message<string, string> { Key = key, Value = value });
        }

        await Task.Yield();
        producer.Flush(Deadline);
    }

    public Task ProduceOrdersAsync(int count) => ProduceAsync(Enumerable.Range(0, count)
        .Select(i => ($"o{i}", JsonSerializer.Serialize(new Order($"c{i % 5}", i), JsonSerializerOptions.Web))));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync().WaitAsync(Deadline);
        await _app.DisposeAsync();
    }

    private static void Describe(StreamsBuilder topology)
    {
        topology.Serdes.Add(new JsonSerde<Order>());
        topology.Stream<string, Order>("orders")
            .Filter((_, order) => order.Cents >= 0, "valid")
            .GroupBy((_, order) => order.Category)
            .Count(new() { Name = "counts" })
            .ToStream()
            .To("category-counts");
    }
}
