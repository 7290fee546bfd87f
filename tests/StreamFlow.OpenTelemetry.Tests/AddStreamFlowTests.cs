using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using StreamFlow.Clients;
using StreamFlow.Testing;

// What one test measures would be on the other's page.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace StreamFlow.OpenTelemetry.Tests;

public sealed class AddStreamFlowTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Metrics_of_applications_are_exported_and_go_on_when_another_ends()
    {
        var metrics = new List<Metric>();
        using var provider = Sdk.CreateMeterProviderBuilder().AddStreamFlow()
            .AddInMemoryExporter(metrics, options => options.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = int.MaxValue)
            .Build();
        var kafka = Kafka();
        var first = await StartAsync(kafka, "first");
        var second = await StartAsync(kafka, "second");
        await using (second)
        {
            Send(kafka);
            await Until(() => Consumed("first") == 1 && Consumed("second") == 1, "both records");
            await first.DisposeAsync();
            Consumed("second");

            Send(kafka);
            await Until(() => Consumed("second") == 2, "the second record");
            Assert.Null(Consumed("first"));
        }

        long? Consumed(string application)
        {
            metrics.Clear();
            provider.ForceFlush();
            long? sum = null;
            foreach (var metric in metrics.Where(m => m.Name == "streamflow.source.consumed"))
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    foreach (var tag in point.Tags)
                    {
                        sum = tag is { Key: "streamflow.application.id", Value: string id } && id == application
                            ? (sum ?? 0) + point.GetSumLong() : sum;
                    }
                }
            }

            return sum;
        }
    }

    [Fact]
    public async Task Spans_are_exported_in_the_trace_of_the_producer()
    {
        var spans = new ConcurrentBagCollection();
        using var provider = Sdk.CreateTracerProviderBuilder().AddStreamFlow().AddInMemoryExporter(spans).Build();
        var kafka = Kafka();
        await using var application = await StartAsync(kafka, "traced");

        Send(kafka, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        await Until(() => spans.Any(s => s.OperationName == "process traced"), "the batch");

        var record = Assert.Single(spans, s => s.OperationName == "process in");
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", record.TraceId.ToString());
    }

    internal static InMemoryKafka Kafka()
    {
        var kafka = new InMemoryKafka();
        kafka.CreateTopic("in", 1);
        kafka.CreateTopic("out", 1);
        return kafka;
    }

    internal static async Task<StreamsApplication> StartAsync(InMemoryKafka kafka, string id)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        var application = new StreamsApplication(
            builder.Build(),
            new StreamFlowOptions { ApplicationId = id, CommitInterval = TimeSpan.FromMilliseconds(20), PollTimeout = TimeSpan.FromMilliseconds(10) },
            kafka);
        await application.StartAsync();
        return application;
    }

    internal static void Send(InMemoryKafka kafka, string? parent = null) => kafka.Append(
        new TopicPartition("in", 0), "k"u8.ToArray(), "v"u8.ToArray(), 0,
        parent is null ? null : Headers.Empty.With("traceparent", Encoding.ASCII.GetBytes(parent)));

    internal static async Task Until(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {Deadline}: {what}");
            await Task.Delay(10);
        }
    }

    /// <summary>The exporter adds on threads of applications while the test looks.</summary>
    private sealed class ConcurrentBagCollection : ICollection<Activity>
    {
        private readonly ConcurrentBag<Activity> _items = [];

        public int Count => _items.Count;

        public bool IsReadOnly => false;

        public void Add(Activity item) => _items.Add(item);

        public void Clear() => _items.Clear();

        public bool Contains(Activity item) => _items.Contains(item);

        public void CopyTo(Activity[] array, int arrayIndex) => _items.CopyTo(array, arrayIndex);

        public bool Remove(Activity item) => throw new NotSupportedException();

        public IEnumerator<Activity> GetEnumerator() => _items.GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => _items.GetEnumerator();
    }
}
