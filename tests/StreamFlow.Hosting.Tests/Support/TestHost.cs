using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Hosting.Tests.Support;

/// <summary>A host on an in-memory Kafka that runs applications by topology, with waits that have a deadline.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);
    private readonly HostApplicationBuilder _builder;
    private IHost? _host;

    public TestHost(params string[] topics)
    {
        _builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        _builder.Logging.AddProvider(Log);
        foreach (var topic in topics)
        {
            Kafka.CreateTopic(topic);
        }
    }

    public InMemoryKafka Kafka { get; } = new();

    public CapturedLog Log { get; } = new();

    public IServiceCollection Services => _builder.Services;

    public IHost Host => _host ??= _builder.Build();

    public IHostApplicationLifetime Lifetime => Host.Services.GetRequiredService<IHostApplicationLifetime>();

    /// <summary>Adds an application that commits only when it stops, unless it is told otherwise.</summary>
    public TestHost Add(
        string name, Action<StreamsBuilder> topology, Action<StreamFlowHostOptions>? configure = null)
    {
        Services.AddKeyedSingleton<IKafkaClients>(name, Kafka);
        Services.AddStreamFlow(name, (builder, _) => topology(builder), options =>
        {
            options.StoreBackend = StoreBackend.InMemory;
            options.Streams.CommitInterval = TimeSpan.FromHours(1);
            options.Streams.PollTimeout = TimeSpan.FromMilliseconds(10);
            configure?.Invoke(options);
        });
        return this;
    }

    public TestHost Configure(params (string Key, string Value)[] settings)
    {
        _builder.Configuration.AddInMemoryCollection(
            settings.Select(s => KeyValuePair.Create<string, string?>(s.Key, s.Value)));
        return this;
    }

    public Task StartAsync() => Host.StartAsync().WaitAsync(Deadline);

    public Task StopAsync() => Host.StopAsync().WaitAsync(Deadline);

    public StreamsApplication Application(string name) =>
        Host.Services.GetRequiredKeyedService<StreamsApplication>(name);

    /// <summary>How many log messages, level first, begin like this.</summary>
    public int Logged(string start) => Log.Lines.Count(l => l.StartsWith(start, StringComparison.Ordinal));

    public void Send(string topic, string value) =>
        Kafka.Append(new TopicPartition(topic, 0), "k"u8.ToArray(), Encoding.UTF8.GetBytes(value), timestamp: 0);

    public IReadOnlyList<string> Values(string topic) =>
        [.. Kafka.Read(new TopicPartition(topic, 0)).Select(r => Encoding.UTF8.GetString(r.Value!))];

    /// <summary>The position an application has committed, or -1.</summary>
    public long Committed(string applicationId, string topic) =>
        Kafka.CommittedOffsets(applicationId).TryGetValue(new TopicPartition(topic, 0), out var committed)
            ? committed.Offset
            : -1;

    public static async Task Until(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {Deadline}: {what}");
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is IAsyncDisposable host)
        {
            await host.DisposeAsync().AsTask().WaitAsync(Deadline);
        }
    }
}
