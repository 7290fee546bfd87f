using System.Collections.Concurrent;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Tasks that read the topics of a stream and of a table.</summary>
public sealed class TableJoinApplicationTests
{
    private const string RowsChangelog = "app-names-STATE-STORE-0000000001-changelog";

    [Fact]
    public async Task Rows_are_restored_from_the_changelog_before_records_meet_them()
    {
        await using var harness = new AppHarness(("in", 1), ("names", 1), ("out", 1));
        harness.Send("names", 0, "k", "old", 1);
        harness.Send("names", 0, "k", "new", 2);
        harness.Send("names", 0, "gone", "x", 3);
        var first = await harness.StartAsync(Join);
        await AppHarness.Until(() => Committed(harness, "names") == 3, "the row to delete");
        harness.Kafka.Append(new TopicPartition("names", 0), "gone"u8.ToArray(), null, 4);
        await AppHarness.Until(() => Committed(harness, "names") == 4, "the rows");
        await first.StopAsync();

        harness.Send("in", 0, "gone", "a", 5);
        harness.Send("in", 0, "k", "b", 6);
        await harness.StartAsync(Join);
        await AppHarness.Until(() => harness.Values("out").Count == 2, "two results");

        Assert.Equal(["a none", "b new"], harness.Values("out"));
        Assert.Equal(4, Committed(harness, "names"));
        Assert.Equal("<tombstone>", harness.Values(RowsChangelog)[^1]);
    }

    [Fact]
    public async Task Topics_of_different_partition_counts_fail_the_start_with_their_names_and_counts()
    {
        await using var harness = new AppHarness(("in", 3), ("names", 2), ("out", 1));

        var error = await Assert.ThrowsAsync<TopologyException>(() => harness.StartAsync(Join));

        Assert.Contains("KSTREAM-LEFTJOIN-0000000004", error.Message, StringComparison.Ordinal);
        Assert.Contains("'in' 3, 'names' 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rekeyed_records_find_their_rows_in_whatever_partition_they_were()
    {
        await using var harness = new AppHarness(("in", 3), ("names", 2), ("out", 2));
        var keys = Enumerable.Range(0, 20).Select(i => $"key-{i}").ToList();
        foreach (var key in keys)
        {
            harness.Send("names", Murmur2.Partition(Encoding.UTF8.GetBytes(key), 2), key, "of " + key, 1);
        }

        await harness.StartAsync(builder => builder.Stream<string, string>("in").SelectKey((_, v) => v)
            .LeftJoin(builder.Table<string, string>("names"), (v, name) => $"{v} {name?.Value ?? "none"}").To("out"));
        await AppHarness.Until(() => Committed(harness, "names", 0) + Committed(harness, "names", 1) == 20, "the rows");
        for (var i = 0; i < keys.Count; i++)
        {
            harness.Send("in", i % 3, "x", keys[i], 2);
        }

        await AppHarness.Until(() => harness.Values("out").Count >= 20, "the results");

        Assert.Equal(2, harness.Kafka.PartitionCount("app-KSTREAM-KEY-SELECT-0000000001-repartition"));
        Assert.Equal(keys.Select(key => $"{key} of {key}").Order(), harness.Values("out").Order());
    }

    /// <summary>
    /// The task goes back in both of its topics, and its rows with it: a record that came before its row meets none when it
    /// comes again, and a row that is made of several records is made of each of them once.
    /// </summary>
    [Fact]
    public async Task Exactly_once_an_abort_takes_both_topics_and_the_rows_back()
    {
        await using var harness = new AppHarness(("in", 1), ("names", 1), ("sums", 1), ("out", 1));
        var fault = harness.Kafka.Faults.Fail(ClientCall.SendOffsetsToTransaction, KafkaErrorKind.Abortable);
        var met = new ConcurrentQueue<string>();
        harness.Send("in", 0, "k", "a", 100);
        harness.Send("names", 0, "k", "n1", 200);
        harness.Send("sums", 0, "k", "1", 300);
        harness.Send("in", 0, "k", "b", 400);
        harness.Send("sums", 0, "k", "2", 500);
        harness.Send("names", 0, "k", "n2", 600);
        harness.Send("in", 0, "k", "c", 700);

        var application = await harness.StartAsync(
            builder =>
            {
                var sums = builder.Stream<string, string>("sums").GroupByKey().Reduce((x, y) => x + y);
                builder.Stream<string, string>("in")
                    .LeftJoin(builder.Table<string, string>("names"), (v, name) => $"{v} {name?.Value ?? "none"}")
                    .LeftJoin(sums, (v, sum) => $"{v} {sum?.Value ?? "0"}")
                    .Peek((_, v) => met.Enqueue(v))
                    .To("out");
            },
            o =>
            {
                CountingApplication.ExactlyOnce(o);

                // Long enough for all of the records to be in the transaction that is aborted.
                o.CommitInterval = TimeSpan.FromMilliseconds(300);
            });
        await AppHarness.Until(
            () => Committed(harness, "in") == 3 && Committed(harness, "names") == 2 && Committed(harness, "sums") == 2,
            "the commit");

        string[] expected = ["a none 0", "b n1 1", "c n2 12"];
        Assert.Equal(1, fault.Hits);
        Assert.Null(application.Status.Error);
        Assert.Equal([.. expected, .. expected], met);
        Assert.Equal(expected, harness.Values("out"));
    }

    [Fact]
    public async Task Exactly_once_repeated_aborts_leave_each_result_once()
    {
        await using var harness = new AppHarness(("in", 2), ("names", 2), ("out", 2));
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.CommitTransaction, KafkaErrorKind.Abortable, new FaultMatch { Nth = 2, Times = 3 });
        await harness.StartAsync(Join, CountingApplication.ExactlyOnce);
        for (var wave = 0; wave < 6; wave++)
        {
            for (var partition = 0; partition < 2; partition++)
            {
                harness.Send("names", partition, $"k{partition}", $"n{wave}", wave);
            }

            await AppHarness.Until(() => Committed(harness, "names", 0) + Committed(harness, "names", 1) == 2 * (wave + 1), "rows");
            for (var partition = 0; partition < 2; partition++)
            {
                harness.Send("in", partition, $"k{partition}", $"v{wave}", wave);
            }

            await AppHarness.Until(() => harness.Values("out").Count >= 2 * (wave + 1), "results");
        }

        Assert.Equal(3, fault.Hits);
        Assert.Equal(
            Enumerable.Range(0, 6).SelectMany(wave => Enumerable.Repeat($"v{wave} n{wave}", 2)),
            harness.Values("out").Order(StringComparer.Ordinal));
    }

    private static void Join(StreamsBuilder builder) => builder.Stream<string, string>("in")
        .LeftJoin(builder.Table<string, string>("names"), (v, name) => $"{v} {name?.Value ?? "none"}").To("out");

    private static long Committed(AppHarness harness, string topic, int partition = 0) =>
        harness.Kafka.CommittedOffsets("app").GetValueOrDefault(new TopicPartition(topic, partition)).Offset;
}
