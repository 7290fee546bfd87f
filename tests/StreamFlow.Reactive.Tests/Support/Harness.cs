using System.Text;
using StreamFlow.Testing;

namespace StreamFlow.Reactive.Tests.Support;

/// <summary>Applications on an in-memory Kafka, with waits that have a deadline.</summary>
internal sealed class Harness : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly List<StreamsApplication> _applications = [];

    public Harness(params (string Topic, int Partitions)[] topics)
    {
        foreach (var (topic, partitions) in topics)
        {
            Kafka.CreateTopic(topic, partitions);
        }
    }

    public InMemoryKafka Kafka { get; } = new();

    public static async Task Until(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {Deadline}: {what}");
            await Task.Delay(5);
        }
    }

    /// <summary>An application that is not started yet.</summary>
    public StreamsApplication Create(StreamsBuilder builder, Action<StreamFlowOptions>? configure = null)
    {
        var options = new StreamFlowOptions
        {
            ApplicationId = "app",
            CommitInterval = TimeSpan.FromMilliseconds(20),
            PollTimeout = TimeSpan.FromMilliseconds(10),
            DeliveryTimeout = TimeSpan.FromSeconds(10),
        };
        configure?.Invoke(options);
        var application = new StreamsApplication(builder.Build(), options, Kafka);
        _applications.Add(application);
        return application;
    }

    public async Task<StreamsApplication> StartAsync(StreamsBuilder builder, Action<StreamFlowOptions>? configure = null)
    {
        var application = Create(builder, configure);
        await application.StartAsync();
        await Until(() => application.State == StreamsState.Running, "the application's tasks");
        return application;
    }

    public void Send(string topic, string key, string? value, int partition = 0) => Kafka.Append(
        new TopicPartition(topic, partition), Encoding.UTF8.GetBytes(key), value is null ? null : Encoding.UTF8.GetBytes(value), 0);

    public IReadOnlyList<string> Values(string topic) =>
        [.. Enumerable.Range(0, Kafka.PartitionCount(topic))
            .SelectMany(p => Kafka.Read(new TopicPartition(topic, p)))
            .Select(r => r.Value is null ? "<tombstone>" : Encoding.UTF8.GetString(r.Value))];

    public async ValueTask DisposeAsync()
    {
        foreach (var application in _applications)
        {
            await application.DisposeAsync();
        }
    }
}

/// <summary>What an observer was given, by Rx's grammar.</summary>
internal sealed class Seen<T> : IObserver<T>
{
    private readonly List<T> _items = [];

    public IReadOnlyList<T> Items
    {
        get
        {
            lock (_items)
            {
                return [.. _items];
            }
        }
    }

    public Exception? Error { get; private set; }

    public bool IsCompleted { get; private set; }

    /// <summary>Called with each item before it is noted.</summary>
    public Action<T>? OnItem { get; init; }

    public void OnNext(T value)
    {
        Assert.False(IsCompleted || Error is not null, "An item after the end.");
        OnItem?.Invoke(value);
        lock (_items)
        {
            _items.Add(value);
        }
    }

    public void OnError(Exception error)
    {
        Assert.False(IsCompleted || Error is not null, "A second end.");
        Error = error;
    }

    public void OnCompleted()
    {
        Assert.False(IsCompleted || Error is not null, "A second end.");
        IsCompleted = true;
    }
}
