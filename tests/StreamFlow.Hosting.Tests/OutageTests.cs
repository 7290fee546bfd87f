using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StreamFlow.Broker;
using StreamFlow.Hosting.Tests.Support;
using Xunit.Abstractions;

namespace StreamFlow.Hosting.Tests;

/// <summary>A host whose broker is not there yet, goes away and comes back. The exit code is the process's.</summary>
public sealed class OutageTests : IAsyncLifetime, IDisposable
{
    private readonly int _exitCode = Environment.ExitCode;
    private readonly CapturedLog _log = new();
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("streamflow-outage-");
    private readonly ITestOutputHelper _output;
    private readonly int _port;
    private EmbeddedBroker? _broker;

    public OutageTests(ITestOutputHelper output)
    {
        _output = output;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _port = ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        _output.WriteLine(string.Join(Environment.NewLine, _log.Lines));
    }

    public void Dispose()
    {
        _log.Dispose();
        _data.Delete(recursive: true);
        Environment.ExitCode = _exitCode;
    }

    /// <summary>A liveness probe must be answered while an application waits for its brokers, however long that takes.</summary>
    [Fact]
    public async Task The_host_starts_at_once_while_no_broker_answers_and_stops_in_order()
    {
        using var host = Build();

        await host.StartAsync().WaitAsync(TestHost.Deadline);

        Assert.True(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.IsCancellationRequested);
        Assert.Equal("starting", (await HealthAsync(host)).Data["phase"]);
        Assert.Equal(HealthStatus.Degraded, (await HealthAsync(host)).Status);
        await host.StopAsync();
        Assert.Equal(0, Environment.ExitCode);
        Assert.Equal(StreamsState.NotRunning, Application(host).State);
        Assert.Contains("Information StreamFlow application 'shout' was stopped before it had started", _log.Lines);
    }

    /// <summary>Without waiting for the answer that does not come, which an attempt more would tell of.</summary>
    [Fact]
    public async Task A_stop_of_the_application_ends_a_start_that_waits()
    {
        using var host = Build();
        await host.StartAsync();

        await Application(host).StopAsync();

        Assert.Equal(StreamsState.NotRunning, Application(host).State);
        Assert.DoesNotContain(_log.Lines, l => l.Contains("cannot start yet", StringComparison.Ordinal));
        await host.StopAsync();
        Assert.Equal(0, Environment.ExitCode);
    }

    [Fact]
    public async Task A_wrong_address_is_told_in_one_line_with_the_reason()
    {
        using var host = Build("127.0.0.1:1");
        var start = Stopwatch.StartNew();

        await host.StartAsync();
        await TestHost.Until(() => Application(host).Status.Outage is not null, "the outage");
        await TestHost.Until(() => Lost().Count == 1, "the line");
        _output.WriteLine($"Told after {start.Elapsed}.");

        Assert.Contains("127.0.0.1:1", Lost()[0], StringComparison.Ordinal);
        Assert.Contains("Connection refused", Lost()[0], StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:1", (await HealthAsync(host)).Description, StringComparison.Ordinal);
        Assert.DoesNotContain(_log.Lines, l => l.Contains("librdkafka", StringComparison.Ordinal));
        await host.StopAsync();
        Assert.Single(Lost());
        await TestHost.Until(() => Application(host).Status.Outage is null, "nobody to ask any more");
    }

    [Fact]
    public async Task An_application_starts_when_its_broker_comes_at_last()
    {
        using var host = Build();
        await host.StartAsync();
        await TestHost.Until(() => Lost().Count == 1, "the line that tells of the outage");

        await StartBrokerAsync();

        await TestHost.Until(() => Application(host).State == StreamsState.Running, "the application to run");
        await host.StopAsync();
        Assert.Equal(0, Environment.ExitCode);
    }

    [Fact]
    public async Task An_outage_is_told_once_shown_by_health_and_gone_through()
    {
        await StartBrokerAsync();
        using var host = Build();
        await host.StartAsync();
        await TestHost.Until(() => Application(host).State == StreamsState.Running, "the application to run");
        var before = _log.Lines.Count;

        await _broker!.DisposeAsync();
        await TestHost.Until(() => Lost().Count == 1, "the line that tells of the outage");
        var health = await HealthAsync(host);
        await StartBrokerAsync();
        await TestHost.Until(() => Answers() == 1, "the line that tells of the end");
        await SendAsync("a");
        await TestHost.Until(() => Application(host).Status.Threads.Any(t => t.Tasks.Any(k => k.LastFinished is not null)), "the record");

        Assert.Equal((HealthStatus.Degraded, "disconnected"), (health.Status, health.Data["phase"]));
        Assert.IsType<DateTimeOffset>(health.Data["disconnected.since"]);
        Assert.Equal(HealthStatus.Healthy, (await HealthAsync(host)).Status);
        await host.StopAsync();
        Assert.Equal(0, Environment.ExitCode);
        Assert.Single(Lost());
        Assert.Equal(1, Answers());
        Assert.DoesNotContain(_log.Lines.Skip(before), l =>
            l.Contains("librdkafka", StringComparison.Ordinal) && !l.Contains("SESSTMOUT", StringComparison.Ordinal));
    }

    private List<string> Lost() => 
        [.. _log.Lines.Where(l => l.StartsWith("Error ", StringComparison.Ordinal) && l.Contains("no broker answers at", StringComparison.Ordinal))];

    private int Answers() => _log.Lines.Count(l => l.Contains("A broker answers at", StringComparison.Ordinal));

    private async Task SendAsync(string value)
    {
        using var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = $"127.0.0.1:{_port}", Partitioner = Partitioner.Murmur2Random }).Build();
        await producer.ProduceAsync("in", new Message<string, string> { Key = "k", Value = value });
    }

    private async Task StartBrokerAsync() => _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
    {
        Port = _port,
        DataDirectory = _data.FullName,
        Topics = [new BrokerTopic("in", Partitions: 2), new BrokerTopic("out", Partitions: 2)],
    });

    private static StreamsApplication Application(IHost host) => host.Services.GetRequiredKeyedService<StreamsApplication>("shout");

    private static async Task<HealthReportEntry> HealthAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["streamflow-shout"];

    private IHost Build(string? bootstrapServers = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["StreamFlow:shout:BootstrapServers"] = bootstrapServers ?? $"127.0.0.1:{_port}",
            ["StreamFlow:shout:StoreBackend"] = "InMemory",
            ["StreamFlow:shout:Streams:CommitInterval"] = "00:00:00.1",
        });
        builder.Logging.AddProvider(_log);
        builder.Services.AddStreamFlow("shout", (topology, _) => Topologies.Shout(topology));
        builder.Services.AddHealthChecks().AddStreamFlow();
        return builder.Build();
    }
}
