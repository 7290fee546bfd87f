using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.Tests.Runtime;

/// <summary>Topics whose keys another partitioner has placed: a join would find nothing in them, and say nothing.</summary>
public sealed class MisplacedKeysTests
{
    private const int Count = 40;

    [Fact]
    public async Task A_table_is_told_once_in_log_status_and_metrics()
    {
        await using var harness = new AppHarness(("in", 4), ("sites", 4), ("out", 4));
        var log = new ListLogger();
        var counted = 0L;
        using var meter = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "streamflow.topic.misplaced_keys")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meter.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (tags.ToArray().Contains(KeyValuePair.Create<string, object?>("streamflow.application.id", "metered")))
            {
                Interlocked.Add(ref counted, value);
            }
        });
        meter.Start();
        var application = await harness.StartAsync(
            Rekeyed, o => (o.ApplicationId, o.NumStreamThreads) = ("metered", 2), new() { Logging = log });
        Send(harness, "sites", Beside);
        Send(harness, "in", Beside);
        await UntilReadAsync(harness, "sites", "metered");

        var warning = Assert.Single(application.Status.Warnings);
        Assert.Contains("'sites'", warning, StringComparison.Ordinal);
        Assert.Equal(warning + " [SF1311]", Assert.Single(log.Messages, m => m.Contains("do not lie", StringComparison.Ordinal))["Application metered: ".Length..]);
        Assert.InRange(Interlocked.Read(ref counted), 16, Count);
    }

    [Fact]
    public async Task Both_sides_of_a_join_are_looked_at_and_one_that_meets_nobody_is_not()
    {
        await using var harness = new AppHarness(("left", 4), ("right", 4), ("alone", 4), ("out", 4));
        var application = await harness.StartAsync(builder =>
        {
            builder.Stream<string, string>("left").Join(
                builder.Stream<string, string>("right"), (l, r) => l + r,
                JoinWindows.Of(TimeSpan.FromMinutes(1), TimeSpan.Zero), new() { StoreName = "met" }).To("out");
            builder.Stream<string, string>("alone").GroupByKey().Count(new() { Name = "counts" }).ToStream().MapValues(v => $"{v}").To("out");
        });
        Send(harness, "alone", Beside);
        Send(harness, "right", Beside);
        Send(harness, "left", Beside);
        await UntilReadAsync(harness, "left");
        await UntilReadAsync(harness, "right");
        await UntilReadAsync(harness, "alone");

        Assert.Equal(2, application.Status.Warnings.Count);
        Assert.DoesNotContain(application.Status.Warnings, w => w.Contains("'alone'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(PartitionerCheck.Warn, true)]
    [InlineData(PartitionerCheck.Off, false)]
    public async Task Keys_in_their_places_or_that_nobody_asks_for_are_no_matter(PartitionerCheck check, bool inPlace)
    {
        await using var harness = new AppHarness(("in", 4), ("sites", 4), ("out", 4));
        var application = await harness.StartAsync(Rekeyed, o => o.PartitionerCheck = check);
        Send(harness, "sites", inPlace ? Murmur2.Partition : Beside);
        Send(harness, "in", Beside);
        await UntilReadAsync(harness, "sites");

        Assert.Empty(application.Status.Warnings);
    }

    [Fact]
    public async Task A_topic_with_one_partition_is_no_matter()
    {
        await using var harness = new AppHarness(("in", 1), ("sites", 1), ("out", 1));
        var application = await harness.StartAsync(Rekeyed);
        Send(harness, "sites", (_, _) => 0);
        Send(harness, "in", (_, _) => 0);
        await UntilReadAsync(harness, "sites");

        Assert.Empty(application.Status.Warnings);
    }

    [Fact]
    public async Task It_can_be_an_error_that_commits_nothing()
    {
        await using var harness = new AppHarness(("in", 4), ("sites", 4), ("out", 4));
        Send(harness, "sites", Beside);
        var application = await harness.StartAsync(
            Rekeyed, o => (o.PartitionerCheck, o.CommitInterval) = (PartitionerCheck.Fail, TimeSpan.FromMinutes(5)));

        var error = await Assert.ThrowsAsync<TopologyException>(() => application.Completion.WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Contains("partitioner=murmur2_random", error.Message, StringComparison.Ordinal);
        Assert.Equal(StreamsState.Error, application.State);
        Assert.Empty(harness.Kafka.CommittedOffsets("app"));
    }

    /// <summary>The case of every day: readings are sent by device, and looked up by site.</summary>
    private static void Rekeyed(StreamsBuilder builder)
    {
        var sites = builder.Table<string, string>("sites", materialized: new() { Name = "rows" });
        builder.Stream<string, string>("in").SelectKey((_, v) => v, "by-site")
            .LeftJoin(sites, (reading, site) => $"{reading} at {site}", new() { Name = "placed" }).To("out");
    }

    private static Task UntilReadAsync(AppHarness harness, string topic, string application = "app") => AppHarness.Until(
        () => harness.Kafka.CommittedOffsets(application).Where(p => p.Key.Topic == topic).Sum(p => p.Value.Offset) == Count,
        $"{topic} is read");

    private static int Beside(ReadOnlySpan<byte> key, int count) => (Murmur2.Partition(key, count) + 1) % count;

    private static void Send(AppHarness harness, string topic, Placer placer)
    {
        for (var i = 0; i < Count; i++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"k{i}");
            harness.Send(topic, placer(Encoding.UTF8.GetBytes(key), harness.Kafka.PartitionCount(topic)), key, key);
        }
    }

    private delegate int Placer(ReadOnlySpan<byte> key, int count);
}
