using System.Reactive.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using StreamFlow.Broker;
using StreamFlow.Kafka;
using StreamFlow.Reactive;
using StreamFlow.Serialization;
using StreamFlow.Serialization.SchemaRegistry;
using StreamFlow.Testing;

namespace StreamFlow.Docs.Tests.Compiled;

/// <summary>What the packages' README.md show.</summary>
internal static class Readmes
{
    public static async Task BrokerAsync()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("names", Partitions: 4)] });
        Console.WriteLine(broker.BootstrapServers);
    }

    public static void Embedded(HostApplicationBuilder builder)
    {
        if (builder.Environment.IsDevelopment())
        {
            builder.Services.AddEmbeddedBroker(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("names"), new BrokerTopic("greetings")] });
        }
    }

    public static async Task DashboardAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddStreamFlow("greeter", (topology, services) =>
            topology.Stream<string, string>("names").MapValues(name => $"Hello, {name}!").To("greetings"));

        var app = builder.Build();
        app.MapStreamFlow("/streamflow");
        await app.RunAsync();
    }

    public static async Task HostingAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddStreamFlow("greeter", (topology, services) =>
            topology.Stream<string, string>("names").MapValues(name => $"Hello, {name}!").To("greetings"));
        await builder.Build().RunAsync();
    }

    public static KafkaClients Kafka()
    {
        var clients = new KafkaClients(new KafkaClientOptions { BootstrapServers = "localhost:9092" });
        return clients;
    }

    public static void OpenTelemetry(HostApplicationBuilder builder) =>
        builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddStreamFlow())
            .WithTracing(tracing => tracing.AddStreamFlow());

    public static void Reactive(StreamsBuilder builder, StreamsApplication application)
    {
        var orders = builder.Stream<string, Order>("orders");
        orders.AsObservable(new ObservationOptions { SlowObserver = SlowObserver.DropOldest })
            .Where(record => record.Value.Amount > 1000)
            .Subscribe(record => Console.WriteLine(record));

        application.ObserveStore<string, long>("counts").Subscribe(row => Show(row.Key, row.Value));
    }

    public static void SchemaRegistry(StreamsBuilder builder)
    {
        using var schemas = new SchemaRegistrySerdes(new SchemaRegistryOptions { Url = "http://localhost:8081" });
        builder.Serdes.Add(schemas.Avro<Order>());
        builder.Stream<string, Order>("orders").Filter((_, order) => order.Amount > 100).To("large-orders");
    }

    public static void Testing(StreamsBuilder builder)
    {
        using var driver = new TopologyTestDriver(builder.Build());
        var names = driver.CreateInputTopic("names", Serdes.String, Serdes.String);
        names.Pipe("k", "world");
    }

    private static void Show(string key, long value) => Console.WriteLine($"{key}: {value}");
}
