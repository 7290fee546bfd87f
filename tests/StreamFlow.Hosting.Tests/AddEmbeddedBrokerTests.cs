using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StreamFlow.Broker;
using StreamFlow.Hosting.Tests.Support;
using Xunit.Abstractions;

namespace StreamFlow.Hosting.Tests;

/// <summary>A broker in the host of its applications: up before them, found by them, down after them.</summary>
public sealed class AddEmbeddedBrokerTests(ITestOutputHelper output) : IDisposable
{
    private static readonly BrokerTopic[] Topics = [new("words", Partitions: 2), new("shouts", Partitions: 2)];

    private readonly CapturedLog _log = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("streamflow-hosting-");

    public void Dispose()
    {
        output.WriteLine(string.Join(Environment.NewLine, _log.Lines));
        _log.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Applications_find_the_broker_and_commit_to_it_when_they_stop(bool atOnce)
    {
        var options = new EmbeddedBrokerOptions { Topics = Topics, DataDirectory = Path.Combine(_folder.FullName, "broker") };
        using (var host = Build(options, atOnce))
        {
            await host.StartAsync().WaitAsync(TestHost.Deadline);
            await ShoutAsync(host);
            await host.StopAsync().WaitAsync(TestHost.Deadline);
            Assert.Null(host.Services.GetRequiredKeyedService<StreamsApplication>("shout").Status.Error);
        }

        // The application commits when it stops and at no other time: a broker that went first would know of nothing.
        await using var again = await EmbeddedBroker.StartAsync(options);
        using var group = new ConsumerBuilder<string, string>(
            new ConsumerConfig { BootstrapServers = again.BootstrapServers, GroupId = "shout" }).Build();
        var committed = group.Committed([new("words", 0), new("words", 1)], TestHost.Deadline);
        Assert.Equal(2, committed.Where(c => c.Offset != Offset.Unset).Sum(c => c.Offset));
    }

    [Fact]
    public async Task A_temporary_directory_and_the_port_are_free_when_the_host_has_stopped()
    {
        using var host = Build(new EmbeddedBrokerOptions { Topics = Topics });
        await host.StartAsync().WaitAsync(TestHost.Deadline);
        var broker = host.Services.GetRequiredService<EmbeddedBroker>();
        Assert.True(Directory.Exists(broker.DataDirectory));

        await host.StopAsync().WaitAsync(TestHost.Deadline);

        Assert.False(Directory.Exists(broker.DataDirectory));
        using var listener = new TcpListener(IPAddress.Loopback, broker.Port);
        listener.Start();
        Assert.Contains($"Information The embedded broker is ready at 127.0.0.1:{broker.Port}, data in a temporary directory", _log.Lines);
    }

    [Fact]
    public async Task Settings_that_name_a_cluster_keep_it_and_it_is_told()
    {
        await using var cluster = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = Topics });
        using var host = Build(new EmbeddedBrokerOptions(), configure: o => o.BootstrapServers = cluster.BootstrapServers);
        await host.StartAsync().WaitAsync(TestHost.Deadline);
        await ShoutAsync(host, cluster.BootstrapServers);
        await host.StopAsync().WaitAsync(TestHost.Deadline);

        Assert.Contains(_log.Lines, line => line.StartsWith(
            $"Warning StreamFlow application 'shout' works on {cluster.BootstrapServers}, as its settings say", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_the_start_and_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var host = Build(new EmbeddedBrokerOptions { Topics = Topics, Port = port });

        var exception = await Assert.ThrowsAsync<IOException>(() => host.StartAsync().WaitAsync(TestHost.Deadline));

        Assert.StartsWith($"Cannot listen on 127.0.0.1:{port}", exception.Message, StringComparison.Ordinal);
        Assert.Contains(_log.Lines, line => line.StartsWith(
            $"Critical The embedded broker cannot start: Cannot listen on 127.0.0.1:{port}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Production", null, true)]
    [InlineData("Production", "broker", false)]
    [InlineData("Development", null, false)]
    public void Topics_that_go_with_the_host_are_told_in_production(string environment, string? folder, bool told)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = environment });
        builder.Logging.AddProvider(_log);
        var directory = folder is null ? null : Path.Combine(_folder.FullName, folder);
        builder.Services.AddEmbeddedBroker(new EmbeddedBrokerOptions { DataDirectory = directory });
        using var host = builder.Build();

        host.Services.GetRequiredService<EmbeddedBroker>();

        Assert.Equal(told, _log.Lines.Any(
            line => line.StartsWith("Warning The embedded broker keeps its topics in a temporary directory", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_second_broker_in_a_host_is_refused()
    {
        var services = new ServiceCollection().AddEmbeddedBroker();

        var exception = Assert.Throws<InvalidOperationException>(() => services.AddEmbeddedBroker());

        Assert.Contains("Keep one call of AddEmbeddedBroker", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_snippet_of_the_page_stands_here_and_works()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Development" });
        if (builder.Environment.IsDevelopment())
        {
            builder.Services.AddEmbeddedBroker(new EmbeddedBrokerOptions
            {
                Port = 9092,
                DataDirectory = ".streamflow/broker",
                Topics = [new BrokerTopic("orders", Partitions: 4), new BrokerTopic("order-counts", Partitions: 4)],
            });
        }

        var page = await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../docs/broker.md"));
        var snippet = page.Split("### In the host of a worker")[1].Split("```csharp\n")[1].Split("```")[0];
        Assert.Contains(Normalized(snippet), Normalized(await File.ReadAllTextAsync(ThisFile())), StringComparison.Ordinal);
        Assert.Contains(builder.Services, s => s.ServiceType == typeof(EmbeddedBroker));

        static string Normalized(string text) => string.Join('\n', text.Split('\n').Select(line => line.Trim()));
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private IHost Build(EmbeddedBrokerOptions broker, bool atOnce = false, Action<StreamFlowHostOptions>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(_log);
        builder.Services.Configure<HostOptions>(o => o.ServicesStartConcurrently = o.ServicesStopConcurrently = atOnce);
        builder.Services.AddStreamFlow("shout", (topology, _) => Topologies.Shout(topology, "words", "shouts"), options =>
        {
            options.StoreBackend = StoreBackend.InMemory;
            options.Streams.CommitInterval = TimeSpan.FromHours(1);
            configure?.Invoke(options);
        });
        builder.Services.AddEmbeddedBroker(broker);
        return builder.Build();
    }

    /// <summary>Sends two words and waits for what becomes of them.</summary>
    private static async Task ShoutAsync(IHost host, string? bootstrapServers = null)
    {
        bootstrapServers ??= host.Services.GetRequiredService<EmbeddedBroker>().BootstrapServers;
        using (var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = bootstrapServers }).Build())
        {
            await producer.ProduceAsync("words", new Message<string, string> { Key = "a", Value = "hello" });
            await producer.ProduceAsync("words", new Message<string, string> { Key = "b", Value = "world" });
        }

        var config = new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = "reader" };
        using var consumer = new ConsumerBuilder<string, string>(config).Build();
        consumer.Assign([new TopicPartitionOffset("shouts", 0, Offset.Beginning), new("shouts", 1, Offset.Beginning)]);
        var shouts = new List<string>();
        await TestHost.Until(
            () =>
            {
                if (consumer.Consume(TimeSpan.FromMilliseconds(20)) is { } result)
                {
                    shouts.Add(result.Message.Value);
                }

                return shouts.Count == 2;
            },
            "both shouts");
        Assert.Equal(["hello!", "world!"], shouts.Order());
    }
}
