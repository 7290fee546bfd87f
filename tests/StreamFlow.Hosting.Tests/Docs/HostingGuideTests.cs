using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StreamFlow.Clients;
using StreamFlow.Hosting.Tests.Support;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Hosting.Tests.Docs;

/// <summary>The snippets of docs/guide/hosting.md, compiled and run.</summary>
public sealed class HostingGuideTests
{
    private static class Secrets
    {
        public const string KafkaPassword = "s3cret";
    }

    [Fact]
    public async Task A_worker_in_a_test()
    {
        string[] args = ["--StreamFlow:greeter:Streams:PollTimeout=00:00:00.01", "--Logging:LogLevel:Default=None"];
        var builder = Host.CreateApplicationBuilder(args);

        builder.Services.AddStreamFlow("greeter", (topology, services) =>
        {
            topology.Stream<string, string>("names")
                .MapValues(name => $"Hello, {name}!")
                .To("greetings");
        });
        builder.Services.AddHealthChecks().AddStreamFlow();

        var kafka = new InMemoryKafka();
        kafka.CreateTopic("names");
        kafka.CreateTopic("greetings");
        builder.Services.AddKeyedSingleton<IKafkaClients>("greeter", kafka);

        kafka.Append(new TopicPartition("names", 0), null, "Ada"u8.ToArray());
        var processed = 0L;
        using var meters = Listen("streamflow.task.processed", count => Interlocked.Add(ref processed, count));
        builder.Services.AddHostedService<StopAtTheFirstGreeting>().AddSingleton(kafka);
        await Task.Run(RunAsync).WaitAsync(TestHost.Deadline);

        Assert.Equal("Hello, Ada!"u8.ToArray(), kafka.Read(new TopicPartition("greetings", 0))[0].Value);
        Assert.Equal(1, kafka.CommittedOffsets("greeter")[new TopicPartition("names", 0)].Offset);
        Assert.Equal(1, processed);

        async Task RunAsync()
        {
            await builder.Build().RunAsync();
        }
    }

    [Fact]
    public async Task A_scope_in_an_operator()
    {
        await using var host = new TestHost("names", "greetings");
        host.Services.AddScoped<Greetings>().AddKeyedSingleton<IKafkaClients>("greeter", host.Kafka);
        host.Services.AddStreamFlow("greeter", (topology, services) => topology.Stream<string, string>("names")
            .MapValues(name =>
            {
                using var scope = services.CreateScope();
                return scope.ServiceProvider.GetRequiredService<Greetings>().For(name);
            })
            .To("greetings"));
        host.Send("names", "Ada");

        await host.StartAsync();
        await TestHost.Until(() => host.Values("greetings").Count == 1, "the greeting");
        await host.StopAsync();

        Assert.Equal(["Hello, Ada!"], host.Values("greetings"));
    }

    private sealed class Greetings
    {
        private readonly string _hello = "Hello";

        public string For(string name) => $"{_hello}, {name}!";
    }

    [Fact]
    public async Task Stopping_from_inside()
    {
        StreamsApplication application = null!;
        await using var host = new TestHost("picky", "out");
        host.Services.Configure<HostOptions>(
            o => o.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore);
        host.Add("picky", Topologies.Picky, options =>
        {
            options.Streams.ThreadFailureHandler = error =>
            {
                _ = application.StopAsync();      // or lifetime.StopApplication(): asks, and goes on
                return ThreadFailureResponse.ShutdownClient;
            };
        });
        application = host.Application("picky");
        host.Send("picky", "poison");

        await host.StartAsync();
        await TestHost.Until(() => application.Completion.IsFaulted, "the failure");

        Assert.Equal(StreamsState.Error, application.State);
    }

    [Fact]
    public void Settings()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(Assert.Single(Snippets("json")))));

        builder.Services.AddStreamFlow("orders", Orders.Describe, options =>
        {
            options.Client["sasl.password"] = Secrets.KafkaPassword;
            options.Streams.ProcessingErrorHandler = (in ErrorContext _) => ErrorResponse.DeadLetter;
        });
        builder.Services.AddSingleton(new RocksDbOptions { BlockCacheBytes = 512L << 20 });
        builder.Services.Configure<HostOptions>(options =>
            options.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore);

        using var host = builder.Build();
        var options = host.Services.GetRequiredService<IOptionsMonitor<StreamFlowHostOptions>>().Get("orders");
        var orders = host.Services.GetRequiredKeyedService<StreamsApplication>("orders");
        Console.WriteLine(orders.State);

        Assert.Equal("orders", orders.ApplicationId);
        Assert.Equal(TimeSpan.FromSeconds(5), options.Streams.CommitInterval);
        Assert.Equal("s3cret", options.Client["sasl.password"]);
    }

    private static MeterListener Listen(string instrument, Action<long> counted)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (published, self) =>
            {
                if (published.Meter.Name == "StreamFlow" && published.Name == instrument)
                {
                    self.EnableMeasurementEvents(published);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            foreach (var (name, value) in tags)
            {
                if (name == "streamflow.application.id" && value is "greeter")
                {
                    counted(count);
                }
            }
        });
        listener.Start();
        return listener;
    }

    private static List<string> Snippets(string language) =>
        [.. File.ReadAllText(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../docs/guide/hosting.md"))
            .Split($"```{language}\n").Skip(1).Select(part => part.Split("```")[0])];

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private static class Orders
    {
        public static void Describe(StreamsBuilder topology, IServiceProvider services) =>
            topology.Stream<string, string>("orders").GroupByKey().Count(new() { Name = "totals" });
    }

    private sealed class StopAtTheFirstGreeting(InMemoryKafka kafka, IHostApplicationLifetime lifetime)
        : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            var greetings = new TopicPartition("greetings", 0);
            await TestHost.Until(() => kafka.Offsets(greetings).HighWatermark == 1, "a greeting");
            lifetime.StopApplication();
        }
    }
}
