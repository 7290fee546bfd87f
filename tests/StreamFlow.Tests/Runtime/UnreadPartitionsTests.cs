using StreamFlow.TestSupport;

namespace StreamFlow.Tests.Runtime;

/// <summary>What one instance says of partitions that another one has and does not read.</summary>
public sealed class UnreadPartitionsTests
{
    [Fact]
    public async Task Partitions_of_an_instance_that_hangs_are_told_by_the_other_until_they_come_forward()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        using var gate = new Gate();
        var closed = false;
        var hanging = await StartAsync(harness, "hanging", v =>
        {
            if (Volatile.Read(ref closed))
            {
                gate.Wait();
            }

            return v;
        });
        var log = new ListLogger();
        var healthy = await StartAsync(harness, "healthy", v => v, log);
        await harness.UntilWithTime(() => OneEach(hanging, healthy), "one task each");
        var theirs = hanging.Status.Threads[0].Tasks[0].TaskId.Partition;
        Wave(harness);
        await harness.UntilWithTime(() => IsCommitted(harness), "the first commits");
        Assert.Empty(healthy.Status.Unread);

        Volatile.Write(ref closed, true);
        Wave(harness);
        await harness.UntilWithTime(() => healthy.Status.Unread.Count == 1, "it is told");

        var unread = healthy.Status.Unread[0];
        Assert.Equal((new TopicPartition("in", theirs), 1L), (unread.Partition, unread.Records));
        Assert.True(unread.Lasts >= TimeSpan.FromSeconds(5), unread.ToString());
        Assert.Contains("hanging-StreamThread-1-consumer", unread.Member, StringComparison.Ordinal);
        Assert.Empty(healthy.Status.Problems);
        Assert.Contains(log.Messages, m => m.Contains($"in-{theirs} has 1 records that are not read", StringComparison.Ordinal));

        gate.Set();
        await harness.UntilWithTime(() => healthy.Status.Unread.Count == 0, "it comes forward");
        Assert.Contains(log.Messages, m => m.Contains($"in-{theirs} comes forward again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Partitions_without_new_records_are_not_told()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var one = await StartAsync(harness, "one", v => v);
        var other = await StartAsync(harness, "other", v => v);
        await harness.UntilWithTime(() => OneEach(one, other), "one task each");
        Wave(harness);
        await harness.UntilWithTime(() => IsCommitted(harness), "the commits");
        var end = harness.Kafka.Time.GetUtcNow() + TimeSpan.FromMinutes(1);

        await harness.UntilWithTime(
            () =>
            {
                Assert.Empty(one.Status.Unread.Concat(other.Status.Unread));
                return harness.Kafka.Time.GetUtcNow() > end;
            },
            "a minute");
    }

    private static bool OneEach(params StreamsApplication[] applications) => applications.All(a =>
        a.State == StreamsState.Running && a.Status.Threads.Sum(t => t.Tasks.Count) == 1);

    private static bool IsCommitted(AppHarness harness) =>
        harness.Kafka.CommittedOffsets("app") is { Count: 2 } offsets && offsets.Values.All(o => o.Offset == 1);

    private static void Wave(AppHarness harness)
    {
        harness.Send("in", 0, "k", "v");
        harness.Send("in", 1, "k", "v");
    }

    private static Task<StreamsApplication> StartAsync(
        AppHarness harness, string name, Func<string, string> map, ListLogger? log = null) => harness.StartAsync(
        b => b.Stream<string, string>("in").MapValues(v => map(v)).To("out"),
        o =>
        {
            o.ClientId = name;
            o.ClusterCheckInterval = TimeSpan.FromSeconds(2);
        },
        new StreamsServices { Time = harness.Kafka.Time, Logging = log ?? new ListLogger() });
}
