using System.Diagnostics.Metrics;
using System.Text;
using Confluent.Kafka;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>The lag that an application shows of itself is the one that another client sees: end less committed position.</summary>
public abstract class LagTests(ClusterFixture fixture)
{
    private const string Id = "lagging";

    [SkippableFact]
    public async Task The_lag_of_each_partition_is_that_which_another_client_sees()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, "in", "other", "out");
        using var measured = new LagListener(Id);
        harness.Probe.Produce("in", [.. Enumerable.Range(1, 10).Select(i => ($"k{i}", "v", (long)i))]);
        harness.Probe.Produce("other", ("k", "v", 5L));
        await harness.StartAsync(
            builder => builder.Stream<string, string>("in").Merge(builder.Stream<string, string>("other")).To("out"),
            new()
            {
                Id = Id,
                Configure = options => options.MaxTaskIdle = TimeSpan.FromHours(1),
            });

        // What comes after the last record of the other input waits for its next one.
        await UntilBothAreAsync(harness, measured, 5, "five records that wait");
        harness.Probe.Produce("in", [.. Enumerable.Range(11, 3).Select(i => ($"k{i}", "v", (long)i))]);
        await UntilBothAreAsync(harness, measured, 8, "eight");

        // A transaction has a record of its own behind those of its producer.
        ProduceInTransaction(harness);
        await UntilBothAreAsync(harness, measured, 11, "two of a transaction, and its end");
        harness.Probe.Produce("other", ("k", "v", 100L));
        await UntilBothAreAsync(harness, measured, 0, "none");
    }

    private static async Task UntilBothAreAsync(EngineHarness harness, LagListener measured, long expected, string what)
    {
        long? shown = null;
        long seen = -1;
        await Until.TrueAsync(
            () => (shown = measured.Of("in")) == expected & (seen = harness.Probe.Lag(Id, "in")) == expected,
            what,
            () => $"The application shows {shown}, the other client sees {seen}, expected are {expected}.\n{harness.LogText}");
    }

    private static void ProduceInTransaction(EngineHarness harness)
    {
        using var producer = new ProducerBuilder<byte[], byte[]>(
            new ProducerConfig { BootstrapServers = harness.BootstrapServers, TransactionalId = "another" }).Build();
        producer.InitTransactions(Until.Deadline);
        producer.BeginTransaction();
        for (var i = 20; i < 22; i++)
        {
            producer.Produce("in", new Message<byte[], byte[]>
            {
                Key = Encoding.UTF8.GetBytes($"k{i}"), Value = "v"u8.ToArray(), Timestamp = new Timestamp(i, TimestampType.CreateTime),
            });
        }

        producer.CommitTransaction(Until.Deadline);
    }

    /// <summary>Looks at <c>streamflow.consumer.lag</c> of one application.</summary>
    private sealed class LagListener : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Dictionary<string, long> _lags = [];

        public LagListener(string applicationId)
        {
            _listener.InstrumentPublished = (instrument, own) =>
            {
                if (instrument is { Name: "streamflow.consumer.lag", Meter.Tags: { } tags }
                    && tags.Any(tag => tag.Value is string id && id == applicationId))
                {
                    own.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => _lags[(string)tags.ToArray().ToDictionary()["topic"]!] = value);
            _listener.Start();
        }

        public long? Of(string topic)
        {
            _lags.Clear();
            _listener.RecordObservableInstruments();
            return _lags.TryGetValue(topic, out var lag) ? lag : null;
        }

        public void Dispose() => _listener.Dispose();
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedLagTests(EmbeddedFixture fixture) : LagTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheLagTests(ApacheFixture fixture) : LagTests(fixture);
