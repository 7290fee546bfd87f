using System.Reactive.Linq;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StreamFlow.Broker;
using StreamFlow.Clients;
using StreamFlow.Dashboard;
using StreamFlow.Kafka;
using StreamFlow.Reactive;
using StreamFlow.Serialization;
using StreamFlow.Serialization.SchemaRegistry;
using StreamFlow.State;

namespace StreamFlow.Docs.Tests.Compiled;

/// <summary>What guides show and no test of a topology runs: programs that need a broker, a registry or HTTP.</summary>
internal static class Guides
{
    public static async Task BrokerAsync(HostApplicationBuilder builder)
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Topics = [new BrokerTopic("orders", Partitions: 4)],
        });
        string bootstrapServers = broker.BootstrapServers;

        if (builder.Environment.IsDevelopment())
        {
            builder.Services.AddEmbeddedBroker(new EmbeddedBrokerOptions
            {
                Port = 9092,
                DataDirectory = ".streamflow/broker",
                Topics = [new BrokerTopic("orders", Partitions: 4), new BrokerTopic("order-counts", Partitions: 4)],
            });
        }
    }

    public static async Task SecuredBrokerAsync()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            DataDirectory = "data",
            Listeners =
            [
                new BrokerListener { Name = "LOCAL", Port = 9092 },
                new BrokerListener
                {
                    Name = "NETWORK", Host = "0.0.0.0", Port = 9093, AdvertisedHost = "broker.example.com",
                    Protocol = BrokerSecurityProtocol.SaslSsl,
                    Tls = new BrokerTls { CertificateFile = "broker.pem" },
                    Sasl = new BrokerSasl { Mechanisms = ["SCRAM-SHA-512"] },
                },
            ],
            Users = [new BrokerUser { Name = "admin", Password = () => Environment.GetEnvironmentVariable("ADMIN_PASSWORD")! }],
            Authorization = new BrokerAuthorization { SuperUsers = ["User:admin"] },
        });
    }

    public static void Growing(StreamsBuilder builder) =>
        builder.Stream<string, string>("orders")
            .Repartition(new Repartitioned<string, string> { PartitionCount = 12 })
            .GroupByKey()
            .Count(new() { Name = "counts" });

    public static KafkaClients Clients(string password, ILoggerFactory loggerFactory)
    {
        var clients = new KafkaClients(
            new KafkaClientOptions
            {
                BootstrapServers = "broker-1:9093,broker-2:9093",
                Client = new Dictionary<string, string>
                {
                    ["security.protocol"] = "sasl_ssl",
                    ["sasl.mechanism"] = "SCRAM-SHA-512",
                    ["sasl.username"] = "orders",
                    ["sasl.password"] = password,
                },
                Consumer = new Dictionary<string, string> { ["max.poll.interval.ms"] = "120000" },
                Producer = new Dictionary<string, string> { ["compression.type"] = "lz4" },
            },
            loggerFactory);
        return clients;
    }

    public static void Producer()
    {
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig
        {
            BootstrapServers = "localhost:9092",
            Partitioner = Partitioner.Murmur2Random,
        }).Build();
    }

    public static async Task QueriesAsync(StreamsApplication application, long from, long to)
    {
        var counts = application.Stores.KeyValue<string, long>("counts");

        if (counts.TryGet("alice", out var count))
        {
            Console.WriteLine($"alice: {count}");
        }

        foreach (var (key, row) in counts.Range("a", "m"))
        {
            Console.WriteLine($"{key}: {row.Value}, since {row.Timestamp}");
        }

        var perMinute = application.Stores.Window<string, long>("per-minute");
        var last = perMinute.Fetch("alice", from, to, reverse: true).FirstOrDefault();
        Console.WriteLine(last);

        var place = application.Stores.PlaceOf("counts", "alice");
        if (!place.IsHere)
        {
            var member = (await application.Stores.MembersAsync("counts")).Single(m => m.Partitions.Contains(place.TaskId.Partition));
            Console.WriteLine($"ask {member.ClientId} at {member.Host}");
        }
    }

    public static void Observing(StreamsBuilder builder, StreamsApplication application)
    {
        var large = builder.Stream<string, double>("payments").AsObservable();
        large.Where(payment => payment.Value > 1000)
            .Buffer(TimeSpan.FromSeconds(1))
            .Subscribe(batch => Console.WriteLine($"{batch.Count} large payments"));

        application.ObserveStore<string, long>("counts")
            .Subscribe(row => Console.WriteLine($"{row.Key}: {(row.HasValue ? row.Value : "gone")}"));
    }

    public static async Task TopicsAsync(IKafkaClients clients, IObservable<double> sensor)
    {
        var reading = new TopicReadOptions<string, double> { KeySerde = Serdes.String, ValueSerde = Serdes.Double, StopsAtEnd = true };
        await foreach (var payment in clients.ReadTopic("payments", reading))
        {
            Console.WriteLine(payment);
        }

        clients.ObserveTopic("payments", reading).Sum(payment => payment.Value).Subscribe(sum => Console.WriteLine(sum));

        var writing = new TopicWriteOptions<string, double> { KeySerde = Serdes.String, ValueSerde = Serdes.Double };
        await using var temperatures = sensor.WriteTo(clients, "temperatures", temperature => "cellar", writing);
        await temperatures.Completion;

        var alerts = new TopicWriteOptions<string, string> { KeySerde = Serdes.String, ValueSerde = Serdes.String };
        await using var stage = clients.RunStage(
            ("temperatures", reading),
            records => records.Where(record => record.Value > 30).Select(record => record.WithValue($"{record.Value} degrees")),
            ("alerts", alerts),
            new StageOptions { GroupId = "alerting" });
    }

    public static StreamsBuilder Schemas()
    {
        using var schemas = new SchemaRegistrySerdes(new SchemaRegistryOptions { Url = "http://localhost:8081" });

        var builder = new StreamsBuilder();
        builder.Serdes.Add(schemas.Avro<Order>());
        builder.Stream<string, Order>("orders")
            .GroupByKey()
            .Reduce((sum, order) => new Order { Id = order.Id, Amount = sum.Amount + order.Amount })
            .ToStream()
            .To("totals");
        return builder;
    }

    public static void Health(WebApplication app)
    {
        app.MapHealthChecks("/health", new()
        {
            ResponseWriter = (context, report) =>
                context.Response.WriteAsync($"{report.Status}\n{string.Join('\n', report.Entries.Select(entry => entry.Value.Description))}\n"),
        });

        app.MapHealthChecks("/live", new() { Predicate = check => check.Tags.Contains("live") });
        app.MapHealthChecks("/ready", new() { Predicate = check => check.Tags.Contains("ready") });
    }

    public static async Task DashboardAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddStreamFlow("orders", (topology, _) => Describe(topology));

        var app = builder.Build();
        app.MapStreamFlow("/streamflow");
        await app.RunAsync();

        app.MapStreamFlow("/streamflow", new DashboardOptions { Policy = "operators" });
        app.MapStreamFlow("/streamflow").RequireAuthorization("operators");              // the same
    }

    private static void Describe(StreamsBuilder topology) => topology.Stream<string, string>("orders").To("copies");

    public static void Joiners(
        KStream<string, Named> orders, KTable<string, Customer> customers, KStream<string, Click> clicks, KTable<string, long> orderCounts, KTable<string, long> limits)
    {
        orders.LeftJoin(customers, (order, customer) => $"{order.Id} {customer?.Value.Name ?? "unknown"}");   // a class
        clicks.LeftJoin(orderCounts, (click, orders) => click with { IsCustomer = orders?.Value > 0 });       // a long
        orders.LeftJoin(limits, (id, order, limit) => limit is { } row ? row.Value >= order.Amount : true);   // with the key
    }

    internal sealed record Named(string Id, long Amount);

    internal sealed record Customer(string Name);

    internal sealed record Click(bool IsCustomer);
}
