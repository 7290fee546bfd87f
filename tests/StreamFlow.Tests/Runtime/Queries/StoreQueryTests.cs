using System.Globalization;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>The stores of a running application are read by anybody: what is found, and what is said where it cannot be.</summary>
public sealed class StoreQueryTests
{
    private const int Partitions = 3;

    [Fact]
    public async Task Keys_and_ranges_are_read_over_all_tasks_of_all_threads()
    {
        await using var harness = Harness();
        var application = await harness.StartAsync(Counts, o => o.NumStreamThreads = 2);
        Send(harness, "a1", "a2", "a2", "b1", "b2", "c1", "c1", "c1");
        var counts = application.Stores.KeyValue<string, long>("counts");
        await AppHarness.Until(() => Sum(counts) == 8, "all counted");

        Assert.Equal(["counts"], application.Stores.Names);
        Assert.True(counts.TryGet("c1", out var count));
        Assert.Equal(3, count);
        Assert.False(counts.TryGet("nobody", out _));
        Assert.True(counts.TryGetWithTimestamp("a2", out var stored));
        Assert.Equal(2, stored.Value);
        var all = counts.All().Select(row => row.Key).ToList();
        Assert.Equal(["a1", "a2", "b1", "b2", "c1"], all.Order());
        Assert.True(all.Select(Place).Distinct().Count() > 1, "The keys are to be in several partitions.");
        Assert.Equal(all, counts.All(reverse: true).Select(row => row.Key).Reverse());
        Assert.Equal(["a2", "b1", "b2"], counts.Range("a2", "b2").Select(row => row.Key).Order());
        Assert.Equal(["b2", "c1"], counts.RangeFrom("b2").Select(row => row.Key).Order());
        Assert.Equal(["a1", "a2"], counts.RangeTo("a2").Select(row => row.Key).Order());
        Assert.Equal(["b1", "b2"], counts.Prefix("b", Serdes.String).Select(row => row.Key).Order());
        Assert.Equal(5, counts.ApproximateCount);
        for (var partition = 0; partition < Partitions; partition++)
        {
            var one = application.Stores.KeyValue<string, long>("counts", new() { Partition = partition });
            Assert.Equal(all.Where(key => Place(key) == partition).Order(), one.All().Select(row => row.Key).Order());
            Assert.Equal(Place("c1") == partition, one.TryGet("c1", out _));
        }
    }

    [Fact]
    public async Task A_wrong_name_kind_or_moment_is_told_with_what_would_be_right()
    {
        await using var harness = Harness();
        var application = harness.Create(Counts);
        var counts = application.Stores.KeyValue<string, long>("counts");

        Failure(StoreQueryFailure.NotRunning, "state Created. Start it first", () => counts.TryGet("a", out _));
        Failure(StoreQueryFailure.UnknownStore, "no store 'count'. The nearest of its 1 stores: 'counts'", () =>
            application.Stores.KeyValue<string, long>("count"));
        await application.StartAsync();
        Send(harness, "a");
        await AppHarness.Until(() => application.State == StreamsState.Running && Sum(counts) == 1, "a count");
        Failure(StoreQueryFailure.WrongKind, "is a key-value store of System.String and System.Int64", () =>
            application.Stores.KeyValue<string, int>("counts").TryGet("a", out _));
        Failure(StoreQueryFailure.WrongKind, "is a key-value store", () =>
            _ = application.Stores.Window<string, long>("counts").All().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            application.Stores.KeyValue<string, long>("counts", new() { Partition = Partitions }).TryGet("a", out _));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            application.Stores.KeyValue<string, long>("counts", new() { Timeout = TimeSpan.Zero }));

        using var open = counts.All().GetEnumerator();
        Assert.True(open.MoveNext());
        await application.StopAsync();

        Failure(StoreQueryFailure.NotHere, "no longer here", () => open.MoveNext());
        Failure(StoreQueryFailure.NotRunning, "state NotRunning", () => counts.TryGet("a", out _));
    }

    [Fact]
    public async Task A_key_of_another_instance_is_not_taken_for_one_that_is_missing()
    {
        await using var harness = Harness();
        var first = await harness.StartAsync(Counts);
        var keys = Enumerable.Range(0, 60).Select(i => $"k{i}").ToArray();
        Send(harness, keys);
        var counts = first.Stores.KeyValue<string, long>("counts");
        await AppHarness.Until(() => Sum(counts) == keys.Length, "all counted");
        var second = await harness.StartAsync(Counts, o => o.ClientId = "second");
        await AppHarness.Until(
            () => first.Stores.Partitions("counts").Count is 1 or 2
                && second.Stores.Partitions("counts").Count(p => !p.IsRestoring) + first.Stores.Partitions("counts").Count == Partitions,
            "each has some");

        var here = first.Stores.Partitions("counts").Select(p => p.TaskId.Partition).ToHashSet();
        foreach (var key in keys)
        {
            Assert.Equal(new KeyPlace(new TaskId(0, Place(key)), here.Contains(Place(key))), first.Stores.PlaceOf("counts", key));
            if (here.Contains(Place(key)))
            {
                Assert.True(counts.TryGet(key, out _));
                Assert.False(counts.TryGet(Absent(Place(key)), out _));
            }
            else
            {
                Failure(StoreQueryFailure.NotHere, $"partition {Place(key)} of 3 are not in this instance", () => counts.TryGet(key, out _));
                Assert.False(
                    first.Stores.KeyValue<string, long>("counts", new() { ChecksPlaceOfKeys = false }).TryGet(key, out _));
                Assert.True(second.Stores.KeyValue<string, long>("counts").TryGet(key, out _));
            }
        }

        Assert.Equal(keys.Count(key => here.Contains(Place(key))), counts.All().Count());
        Failure(StoreQueryFailure.NotHere, "are not in this instance", () =>
            _ = first.Stores.KeyValue<string, long>("counts", new() { RequiresAllPartitions = true }).All().Count());
        var members = await first.Stores.MembersAsync("counts");
        Assert.Equal([0, 1, 2], members.SelectMany(m => m.Partitions).Order());
        Assert.Equal(
            here.Order(), members.Where(m => m.ClientId == "app-StreamThread-1").SelectMany(m => m.Partitions).Order());
        Assert.Contains(members, m => m.ClientId == "second-StreamThread-1");
    }

    [Fact]
    public async Task What_is_committed_is_seen_by_all_and_the_rest_only_by_who_asks_for_it()
    {
        await using var harness = Harness();
        var application = await harness.StartAsync(Counts, o =>
        {
            o.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce;
            o.TransactionTimeout = TimeSpan.FromMinutes(14);
            o.CommitInterval = TimeSpan.FromMinutes(10);
        });
        var committed = application.Stores.KeyValue<string, long>("counts");
        var all = application.Stores.KeyValue<string, long>("counts", new() { Isolation = ReadIsolation.Uncommitted });
        await AppHarness.Until(() => application.State == StreamsState.Running, "its tasks");

        Send(harness, "a", "a", "b");
        await AppHarness.Until(() => Sum(all) == 3, "all processed");

        Assert.True(all.TryGetWithTimestamp("a", out var two));
        Assert.Equal(2, two.Value);
        Assert.Equal(["a", "b"], all.Range("a", "b").Select(row => row.Key).Order());
        Assert.Empty(committed.All());
        Assert.False(committed.TryGet("a", out _));
        await application.StopAsync();
        Failure(StoreQueryFailure.NotRunning, "state NotRunning", () => all.TryGet("a", out _));
    }

    [Fact]
    public async Task What_is_taken_back_was_never_to_be_seen_as_committed()
    {
        await using var harness = Harness();
        var fails = false;
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").GroupByKey()
                .Aggregate(() => 0L, (_, value, sum) => value == "poison" && fails ? throw new InvalidOperationException("poison") : sum + 1,
                    new() { Name = "counts" }),
            o =>
            {
                o.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce;
                o.TransactionTimeout = TimeSpan.FromMinutes(14);
                o.CommitInterval = TimeSpan.FromMinutes(10);
                o.ThreadFailureHandler = _ => ThreadFailureResponse.ShutdownClient;
            });
        var committed = application.Stores.KeyValue<string, long>("counts");
        var all = application.Stores.KeyValue<string, long>("counts", new() { Isolation = ReadIsolation.Uncommitted });
        await AppHarness.Until(() => application.State == StreamsState.Running, "its tasks");
        Send(harness, "a");
        await AppHarness.Until(() => Sum(all) == 1, "processed");
        Assert.Empty(committed.All());

        fails = true;
        harness.Send("in", Place("a"), "a", "poison");
        await Assert.ThrowsAnyAsync<StreamsException>(() => application.Completion);

        Assert.Empty(harness.Kafka.Read(new TopicPartition("app-counts-changelog", Place("a"))));
    }

    [Fact]
    public async Task Values_that_can_change_are_the_readers_own()
    {
        await using var harness = Harness();
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").GroupByKey()
                .Aggregate(
                    () => new List<string>(),
                    (_, value, list) =>
                    {
                        list.Add(value);
                        return list;
                    },
                    new() { Name = "lists", ValueSerde = new JsonSerde<List<string>>() }),
            o => o.CommitInterval = TimeSpan.FromMinutes(10));
        var lists = application.Stores.KeyValue<string, List<string>>("lists", new() { Isolation = ReadIsolation.Uncommitted });
        await AppHarness.Until(() => application.State == StreamsState.Running, "its tasks");
        Send(harness, "a");
        await AppHarness.Until(() => lists.TryGet("a", out _), "processed");

        Assert.True(lists.TryGet("a", out var mine));
        mine.Add("of the reader");
        Assert.Single(Assert.Single(lists.All()).Value.Value);
        Assert.NotSame(lists.All().Single().Value.Value, lists.All().Single().Value.Value);
    }

    [Fact]
    public async Task A_reader_that_asks_for_records_gets_them_or_an_error()
    {
        await using var harness = Harness();
        var application = await harness.StartAsync(Counts);
        Send(harness, "a", "a");
        var input = new TopicPartition("in", Place("a"));
        var counts = application.Stores.KeyValue<string, long>("counts", new() { AtLeast = [new RecordPosition(input, 1)] });
        await AppHarness.Until(
            () =>
            {
                try
                {
                    Assert.True(!counts.TryGet("a", out var count) || count >= 2, "less than was asked for");
                    return count == 2;
                }
                catch (StoreQueryException exception) when (exception.IsTransient)
                {
                    return false;
                }
            },
            "both records");

        var later = application.Stores.KeyValue<string, long>("counts", new() { AtLeast = [new RecordPosition(input, 2)] });
        Failure(StoreQueryFailure.Behind, $"is complete up to {input} offset 2, and the record at 2", () => later.TryGet("a", out _));
        Send(harness, "a");
        await AppHarness.Until(() => application.Stores.Partitions("counts").Any(p => p.Inputs.Contains(new RecordPosition(input, 3))), "the third");
        Assert.True(later.TryGet("a", out var three));
        Assert.Equal(3, three);
    }

    [Fact]
    public async Task What_is_being_restored_is_read_by_who_allows_it()
    {
        await using var harness = Harness();
        var application = await harness.StartAsync(Counts);
        Send(harness, "a", "b");
        await AppHarness.Until(() => Sum(application.Stores.KeyValue<string, long>("counts")) == 2, "counted");
        await application.StopAsync();
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.QueryOffsets,
            KafkaErrorKind.Retriable,
            new FaultMatch { ClientId = "app-StreamThread-1-restore-ends", Times = int.MaxValue });

        var again = await harness.StartAsync(Counts);
        await AppHarness.Until(() => again.Stores.Partitions("counts").Count == Partitions, "open stores");
        var counts = again.Stores.KeyValue<string, long>("counts");
        Assert.All(again.Stores.Partitions("counts"), partition => Assert.True(partition.IsRestoring));
        Failure(StoreQueryFailure.Restoring, "is being restored", () => counts.TryGet("a", out _));
        Failure(StoreQueryFailure.Restoring, "is being restored", () => _ = counts.All().Count());
        Assert.Empty(again.Stores.KeyValue<string, long>("counts", new() { AllowsRestoring = true }).All());

        fault.Lift();
        await AppHarness.Until(() => again.State == StreamsState.Running, "restored");
        Assert.Equal(2, Sum(counts));
    }

    [Fact]
    public async Task An_operator_cannot_wait_for_what_its_own_thread_would_have_to_answer()
    {
        await using var harness = Harness();
        StreamsApplication? application = null;
        Exception? met = null;
        application = harness.Create(builder =>
        {
            Counts(builder);
            builder.Stream<string, string>("in2").ForEach((key, _) =>
            {
                try
                {
                    application!.Stores.KeyValue<string, long>("counts").TryGet(key, out long _);
                    application.Stores.KeyValue<string, long>("counts", new() { Isolation = ReadIsolation.Uncommitted }).TryGet(key, out long _);
                }
                catch (Exception exception)
                {
                    met = exception;
                }
            });
        });
        harness.Kafka.CreateTopic("in2", 1);
        await application.StartAsync();
        await AppHarness.Until(() => application.State == StreamsState.Running, "its tasks");
        harness.Send("in2", 0, "a", "x");
        await AppHarness.Until(() => met is not null, "an error");

        Assert.Contains("on a thread of application 'app'", Assert.IsType<InvalidOperationException>(met).Message, StringComparison.Ordinal);
    }

    private static AppHarness Harness() => new(("in", Partitions));

    private static void Counts(StreamsBuilder builder) =>
        builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" });

    private static void Send(AppHarness harness, params string[] keys)
    {
        foreach (var key in keys)
        {
            harness.Send("in", Place(key), key, key);
        }
    }

    private static int Place(string key) => Murmur2.Partition(Encoding.UTF8.GetBytes(key), Partitions);

    private static string Absent(int partition) => Enumerable.Range(0, 1000)
        .Select(i => string.Create(CultureInfo.InvariantCulture, $"absent{i}"))
        .First(key => Place(key) == partition);

    private static long Sum(IReadOnlyKeyValueStore<string, long> counts)
    {
        try
        {
            return counts.All().Sum(row => row.Value.Value);
        }
        catch (StoreQueryException exception) when (exception.IsTransient)
        {
            return -1;
        }
    }

    private static void Failure(StoreQueryFailure failure, string says, Action read)
    {
        var error = Assert.Throws<StoreQueryException>(read);
        Assert.Equal(failure, error.Failure);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }
}
