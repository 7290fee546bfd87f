using System.Collections.Concurrent;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Tables whose input topic is their changelog too.</summary>
public sealed class SourceChangelogTests : IDisposable
{
    private static readonly TopicPartition Names = new("names", 0);
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Rows_are_restored_from_the_input_up_to_its_committed_position_and_written_nowhere()
    {
        await using var harness = new AppHarness(("in", 1), ("names", 1), ("out", 1));
        harness.Send("names", 0, "k", "old", 1);
        harness.Send("names", 0, "k", "new", 2);
        harness.Send("names", 0, "gone", "x", 3);
        harness.Kafka.Append(Names, "gone"u8.ToArray(), null, 4);
        var first = await StartAsync(harness);
        await AppHarness.Until(() => Committed(harness, "names") == 4, "the rows");
        await first.StopAsync();

        // The record meets the row as it was then, although the topic has a later one already.
        harness.Send("in", 0, "k", "a", 5);
        harness.Send("names", 0, "k", "newer", 6);
        harness.Send("in", 0, "k", "b", 7);
        harness.Send("in", 0, "gone", "c", 8);
        await StartAsync(harness);
        await AppHarness.Until(() => harness.Values("out").Count == 3, "three results");

        Assert.Equal(["a new", "b newer", "c none"], harness.Values("out"));
        using var admin = harness.Kafka.CreateAdmin("test");
        Assert.Empty(await admin.DescribeTopicsAsync(["app-names-STATE-STORE-0000000001-changelog"], default));
    }

    [Fact]
    public async Task Rows_that_lie_on_disk_are_not_read_again()
    {
        await using var harness = new AppHarness(("in", 1), ("names", 1), ("out", 1));
        var stores = new CountedStores();
        var services = new StreamsServices { StoreBackend = stores };
        void OnDisk(StreamFlowOptions options) => (options.StateDirectory, options.ClientId) = (_folder, "app");
        harness.Send("names", 0, "k", "n1", 1);
        harness.Send("names", 0, "j", "n2", 2);
        var first = await harness.StartAsync(Join, OnDisk, services, optimization: TopologyOptimization.All);
        await AppHarness.Until(() => Committed(harness, "names") == 2, "the rows");
        await first.StopAsync();
        Assert.Equal(2, stores.Offsets.Last());
        stores.Offsets.Clear();

        harness.Send("in", 0, "k", "a", 3);
        await harness.StartAsync(Join, OnDisk, services, optimization: TopologyOptimization.All);
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the result");

        // What is read again would come to the store once more, and its offset with it.
        Assert.Equal(["a n1"], harness.Values("out"));
        Assert.All(stores.Offsets, offset => Assert.Equal(2, offset));
    }

    [Fact]
    public async Task Record_that_was_left_out_as_unreadable_is_left_out_of_the_restore_too()
    {
        await using var harness = new AppHarness(("in", 1), ("names", 1), ("out", 1));
        void Describe(StreamsBuilder builder) => builder.Stream<string, string>("in")
            .Join(builder.Table<string, string>("names", new() { ValueSerde = new StrictSerde() }), (v, name) => $"{v} {name}")
            .To("out");
        static void Lenient(StreamFlowOptions options) =>
            options.DeserializationErrorHandler = static (in ErrorContext _) => ErrorResponse.Continue;
        harness.Send("names", 0, "k", "good", 1);
        harness.Send("names", 0, "k", "bad", 2);
        harness.Kafka.Append(Names, null, "keyless"u8.ToArray(), 3);
        var first = await harness.StartAsync(Describe, Lenient, optimization: TopologyOptimization.All);
        await AppHarness.Until(() => Committed(harness, "names") == 3, "the rows");
        await first.StopAsync();

        harness.Send("in", 0, "k", "a", 4);
        await harness.StartAsync(Describe, Lenient, optimization: TopologyOptimization.All);
        await AppHarness.Until(() => Committed(harness, "in") == 1, "the record");

        Assert.Equal(["a good"], harness.Values("out"));
    }

    [Fact]
    public async Task Task_without_a_partition_of_the_table_starts_all_the_same()
    {
        await using var harness = new AppHarness(("in", 2), ("names", 1), ("out", 1));
        harness.Send("names", 0, "k", "n", 1);
        harness.Send("in", 1, "k", "a", 2);

        await harness.StartAsync(
            builder => builder.Stream<string, string>("in")
                .Merge(builder.Table<string, string>("names", materialized: new() { Name = "rows" }).ToStream()).To("out"),
            optimization: TopologyOptimization.All);
        await AppHarness.Until(() => harness.Values("out").Count == 2, "both records");

        Assert.Equal(["a", "n"], harness.Values("out").Order());
    }

    [Fact]
    public async Task Exactly_once_repeated_aborts_leave_each_result_once()
    {
        await using var harness = new AppHarness(("in", 1), ("names", 1), ("out", 1));
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.CommitTransaction, KafkaErrorKind.Abortable, new FaultMatch { Nth = 2, Times = 3 });
        await harness.StartAsync(Join, CountingApplication.ExactlyOnce, optimization: TopologyOptimization.All);
        for (var wave = 0; wave < 5; wave++)
        {
            harness.Send("names", 0, "k", $"n{wave}", wave);
            var rows = wave + 1;
            await AppHarness.Until(() => Committed(harness, "names") == rows, "rows");
            harness.Send("in", 0, "k", $"v{wave}", wave);
            await AppHarness.Until(() => harness.Values("out").Count >= rows, "results");
        }

        Assert.Equal(3, fault.Hits);
        Assert.Equal(Enumerable.Range(0, 5).Select(wave => $"v{wave} n{wave}"), harness.Values("out"));
    }

    private static Task<StreamsApplication> StartAsync(AppHarness harness) =>
        harness.StartAsync(Join, optimization: TopologyOptimization.All);

    private static void Join(StreamsBuilder builder) => builder.Stream<string, string>("in")
        .LeftJoin(builder.Table<string, string>("names"), (v, name) => $"{v} {name?.Value ?? "none"}").To("out");

    private static long Committed(AppHarness harness, string topic) =>
        harness.Kafka.CommittedOffsets("app").GetValueOrDefault(new TopicPartition(topic, 0)).Offset;

    private sealed class StrictSerde : ISerde<string>
    {
        public void Serialize(string value, System.Buffers.IBufferWriter<byte> writer) => Serdes.String.Serialize(value, writer);

        public string Deserialize(ReadOnlySpan<byte> data) =>
            Encoding.UTF8.GetString(data) is var text and not "bad" ? text : throw new FormatException("bad");
    }

    /// <summary>Memory that outlives the application, and the changelog offsets that were written to it.</summary>
    private sealed class CountedStores : IStoreBackendFactory
    {
        private readonly ConcurrentDictionary<string, InMemoryBackend> _kept = new();

        public ConcurrentQueue<long> Offsets { get; } = new();

        public IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames) =>
            new Counted(this, _kept.GetOrAdd(directory, _ => new InMemoryBackend(storeNames)));

        private sealed class Counted(CountedStores stores, InMemoryBackend kept) : IStoreBackend
        {
            public bool IsPersistent => true;

            public IReadOnlyList<IByteStore> Stores => kept.Stores;

            public bool TryGetChangelogOffset(int store, out long offset) => kept.TryGetChangelogOffset(store, out offset);

            public void Write(StoreBatch batch)
            {
                kept.Write(batch);
                foreach (var offset in batch.ChangelogOffsets.Values)
                {
                    stores.Offsets.Enqueue(offset);
                }
            }

            public void Flush() => kept.Flush();

            public void Dispose()
            {
            }
        }
    }
}
