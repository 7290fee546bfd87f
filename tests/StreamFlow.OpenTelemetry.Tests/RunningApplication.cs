using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using StreamFlow.Broker;
using StreamFlow.Hosting;

namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>
/// Kestrel with a page for Prometheus, an embedded broker, and two applications on it under load: <c>shop</c> has nodes of every kind,
/// and records that fail in every way that is counted; <c>slow</c> restores for as long as it runs.
/// </summary>
internal sealed class RunningApplication : IAsyncDisposable
{
    private const string Held = "slow-held-changelog";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly string[] Inputs = ["orders", "payments", "customers", "regions", "countries", "rows"];
    private readonly WebApplication _host;
    private readonly DirectoryInfo _folder;
    private readonly CancellationTokenSource _stopping = new();
    private IProducer<string?, string>? _holder;
    private Task _load = Task.CompletedTask;

    private RunningApplication(WebApplication host, DirectoryInfo folder) => (_host, _folder) = (host, folder);

    public Uri Page => new(_host.Urls.First() + "/metrics");

    public static async Task<RunningApplication> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("streamflow-running-");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddStreamFlow().AddPrometheusExporter());
        builder.Services.AddEmbeddedBroker(new EmbeddedBrokerOptions
        {
            FlushPolicy = BrokerFlushPolicy.Interval,
            Topics =
            [
                .. Inputs.Append("out").Select(name => new BrokerTopic(name)),
                new BrokerTopic("small") { Configs = new Dictionary<string, string> { ["max.message.bytes"] = "2000" } },
                new BrokerTopic(Held) { Configs = new Dictionary<string, string> { ["cleanup.policy"] = "compact" } },
            ],
        });
        var failed = 0;
        builder.Services.AddStreamFlow(
            "shop",
            (topology, _) => Shop.Describe(topology, value => value == "poison" && Interlocked.Exchange(ref failed, 1) == 0),
            options => Configure(options, folder, exactlyOnce: true));
        builder.Services.AddStreamFlow(
            "slow",
            (topology, _) => topology.Stream<string, string>("rows").GroupByKey().Count(new() { Name = "held" }),
            options => Configure(options, folder, exactlyOnce: false));
        var host = builder.Build();
        host.MapPrometheusScrapingEndpoint();
        var running = new RunningApplication(host, folder);
        running.Hold(host.Services.GetRequiredService<EmbeddedBroker>());
        await host.StartAsync();
        running._load = running.LoadAsync();
        return running;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _load;
        _holder?.Dispose();
        await _host.StopAsync();
        await _host.DisposeAsync();
        _stopping.Dispose();
        _folder.Delete(recursive: true);
    }

    private static void Configure(StreamFlowHostOptions options, DirectoryInfo folder, bool exactlyOnce)
    {
        options.Streams.StateDirectory = Path.Combine(folder.FullName, options.Streams.ApplicationId);
        options.Streams.MetricsLevel = MetricsLevel.Debug;
        options.Streams.CommitInterval = TimeSpan.FromMilliseconds(100);
        options.Streams.ProcessingGuarantee = exactlyOnce ? ProcessingGuarantee.ExactlyOnce : ProcessingGuarantee.AtLeastOnce;
        options.Streams.ThreadFailureHandler = _ => ThreadFailureResponse.ReplaceThread;
        options.Streams.ProductionErrors = ErrorResponse.Continue;
    }

    /// <summary>
    /// Leaves a transaction open in a changelog: a restore waits until it is decided. And asks for one that the broker refuses.
    /// </summary>
    private void Hold(EmbeddedBroker broker)
    {
        var client = new ProducerConfig { BootstrapServers = broker.BootstrapServers };
        using (var before = new ProducerBuilder<string?, string>(client).Build())
        {
            before.Produce(Held, new Message<string?, string> { Key = "k", Value = "sixteen bytes..." });
            before.Flush(Deadline);
        }

        _holder = new ProducerBuilder<string?, string>(
            new ProducerConfig(client) { TransactionalId = "holder", TransactionTimeoutMs = 600_000 }).Build();
        _holder.InitTransactions(Deadline);
        _holder.BeginTransaction();
        _holder.Produce(Held, new Message<string?, string> { Key = "k", Value = "sixteen bytes..." });
        _holder.Flush(Deadline);
    }

    private async Task LoadAsync()
    {
        var broker = _host.Services.GetRequiredService<EmbeddedBroker>();
        var client = new ProducerConfig { BootstrapServers = broker.BootstrapServers, Partitioner = Partitioner.Murmur2Random };
        using var producer = new ProducerBuilder<string?, string>(client).Build();
        using var admin = new AdminClientBuilder(client).Build();
        for (var i = 0; !_stopping.IsCancellationRequested; i++)
        {
            var key = $"k{i % 50}";
            foreach (var topic in Inputs)
            {
                producer.Produce(topic, new Message<string?, string> { Key = key, Value = $"c{i % 7}" });
            }

            if (i % 100 == 10)
            {
                producer.Produce("orders", new Message<string?, string> { Key = null, Value = "without a key" });
                producer.Produce("orders", new Message<string?, string> { Key = key, Value = i < 1000 ? "poison" : "medicine" });
                producer.Produce("orders", new Message<string?, string> { Key = key, Value = "big" });
                await Assert.ThrowsAsync<CreateTopicsException>(
                    () => admin.CreateTopicsAsync([new TopicSpecification { Name = "orders", NumPartitions = 1 }]));
            }

            await Task.Delay(5);
        }

        producer.Flush(Deadline);
    }
}
