using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Runtime;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Tests.Dsl;

namespace StreamFlow.Tests.State;

/// <summary>
/// Versioned stores, list stores and stores of one's own are read by other threads while their own thread writes. In every
/// round each key gets one more, so what a reader sees says in which commit it was.
/// </summary>
public sealed class StoreViewKindsTests
{
    private const int Keys = 20;
    private const int Rounds = 200;
    private const long History = 10;
    private static readonly SerdeRegistry Registry = new();

    [Fact]
    public void Versions_are_read_as_of_any_time_while_later_ones_come_and_old_ones_go() => Race(
        () => new VersionedStore<string, long>("s", Utf8Serde.Instance, BigEndianSerde.Instance, History),
        (store, key, round) => ((VersionedStore<string, long>)store).Put(key, round, hasValue: true, round),
        (view, key, seen) =>
        {
            var versions = (VersionedView<string, long>)view;
            if (!versions.TryGet(key, out var latest))
            {
                return 0;
            }

            Assert.Equal(latest.Timestamp, latest.Value);
            for (var asOf = Math.Max(1, seen - (2 * (int)History)); asOf <= latest.Timestamp; asOf++)
            {
                // Either it is known, and then right, or the history does not go back so far any more.
                if (versions.TryGet(key, asOf, out var then))
                {
                    Assert.Equal((asOf, asOf), (then.Value, then.Timestamp));
                }
                else
                {
                    Assert.True(versions.TryGet(key, out latest));
                    Assert.True(asOf < latest.Timestamp - History, $"{asOf} is not known at {latest.Timestamp}");
                }
            }

            return latest.Value;
        });

    [Fact]
    public void Lists_are_read_whole_while_they_grow_and_go() => Race(
        () => new ListStore<string, long>("s", Utf8Serde.Instance, BigEndianSerde.Instance),
        (store, key, round) =>
        {
            var lists = (ListStore<string, long>)store;
            if (round % 10 == 0)
            {
                lists.Remove(key, round);
            }

            lists.Add(key, round, round);
        },
        (view, key, _) =>
        {
            var lists = (KeyValueView<string, ItemList<long>>)view;
            var all = lists.All().ToList();
            Assert.True(all.Select(row => row.Value.Value.Count).Distinct().Count() <= 1, "lists of two commits");
            if (!lists.TryGet(key, out var list))
            {
                return 0;
            }

            var first = list[0];
            Assert.Equal(Enumerable.Range(0, list.Count).Select(i => first + i), list);
            Assert.True(first == 1 || first % 10 == 0);
            return list[^1];
        });

    [Fact]
    public void A_store_of_ones_own_is_read_through_a_view_of_ones_own() => Race(
        () => new TallyBuilder("s").Create(new StoreSetup("s", "app-s-changelog", Registry)),
        (store, key, _) => ((Tally)store).Add(key),
        (view, key, _) =>
        {
            var tallies = (TallyView)view;
            Assert.True(tallies.All().Distinct().Count() <= 1, "counts of two commits");
            return tallies.Count(key);
        });

    [Fact]
    public void Views_are_found_by_the_names_of_the_stores_until_the_task_goes()
    {
        var task = Context();
        var backend = new InMemoryBackend(["versions", "lists", "tallies"]);
        StoreBuilder[] builders =
        [
            new VersionedStoreBuilder<string, long>("versions", TimeSpan.FromSeconds(1)),
            new ListStoreBuilder<string, long>("lists"),
            new TallyBuilder("tallies"),
        ];
        var stores = TaskStores.Open([.. builders.Select(Define)], task, (_, _) => backend);
        ((IVersionedKeyValueStore<string, long>)task.Store("versions")).Put("k", 1, 5);
        ((ListStore<string, long>)task.Store("lists")).Add("k", 2, 5);
        ((Tally)task.Store("tallies")).Add("k");
        stores.Show(reads: null);
        stores.Complete([]);
        var versions = (IReadOnlyVersionedKeyValueStore<string, long>)(object)Assert.Single(task.Views.Of("versions"));
        var lists = (IReadOnlyKeyValueStore<string, ItemList<long>>)(object)Assert.Single(task.Views.Of("lists"));
        var tallies = (TallyView)Assert.Single(task.Views.Of("tallies"));
        Assert.False(versions.TryGet("k", out _) || lists.TryGet("k", out _) || tallies.Count("k") > 0);

        stores.Flush();
        stores.Apply([]);

        Assert.True(versions.TryGet("k", 5, out var version));
        Assert.Equal(new ValueAndTimestamp<long>(1, 5), version);
        Assert.True(lists.TryGet("k", out var list));
        Assert.Equal([2L], list);
        Assert.Equal((1, new TaskId(0, 1), "tallies"), (tallies.Count("k"), tallies.TaskId, tallies.Name));

        stores.Dispose();

        Assert.Empty(task.Views.Of("versions").Concat(task.Views.Of("lists")).Concat(task.Views.Of("tallies")));
        Assert.Throws<StateStoreException>(() => versions.TryGet("k", out _));
        Assert.Throws<StateStoreException>(() => lists.TryGet("k", out _));
        var error = Assert.Throws<StateStoreException>(() => tallies.Count("k"));
        Assert.Contains("'tallies' of task 0_1 is no longer here", error.Message, StringComparison.Ordinal);
        Assert.Throws<StateStoreException>(() => tallies.All());
    }

    /// <summary>Writes round after round, and has three threads read meanwhile, none of which may see anything go back.</summary>
    /// <param name="create">Makes the store.</param>
    /// <param name="write">Writes a key in a round.</param>
    /// <param name="read">Reads a key and checks what it sees; gets the last answer for the key and gives the round it saw.</param>
    private static void Race(Func<StateStore> create, Action<StateStore, string, long> write, Func<StoreView, string, long, long> read)
    {
        var harness = new StoreHarness(create);
        var view = harness.Store.View(harness.Identity)!;
        var failures = new ConcurrentQueue<Exception>();
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(i => new Thread(() => Watch(view, read, failures, stop.Token))).ToList();
        readers.ForEach(reader => reader.Start());
        for (var round = 1L; round <= Rounds && failures.IsEmpty; round++)
        {
            for (var key = 0; key < Keys; key++)
            {
                write(harness.Store, $"k{key}", round);
            }

            harness.Commit();
            view.Position.Set(round, []);
        }

        stop.Cancel();
        readers.ForEach(reader => reader.Join());
        Assert.Empty(failures);
        Assert.All(Enumerable.Range(0, Keys), key => Assert.Equal(Rounds, read(view, $"k{key}", Rounds)));
    }

    private static void Watch(
        StoreView view, Func<StoreView, string, long, long> read, ConcurrentQueue<Exception> failures, CancellationToken stop)
    {
        var seen = new long[Keys];
        try
        {
            for (var turn = 0; !stop.IsCancellationRequested; turn++)
            {
                var key = turn % Keys;
                var position = view.Position.ChangelogOffset ?? 0;
                var round = read(view, $"k{key}", seen[key]);
                Assert.True(round >= Math.Max(seen[key], position), $"round {round} after {seen[key]}, position {position}");
                seen[key] = round;
            }
        }
        catch (Exception exception)
        {
            failures.Enqueue(exception);
        }
    }

    private static StoreDefinition Define(StoreBuilder builder) => new()
    {
        Name = builder.Name,
        IsPersistent = false,
        IsLogged = true,
        ChangelogConfigs = new Dictionary<string, string>(),
        Create = topic => builder.Create(new StoreSetup(builder.Name, topic, Registry)),
    };

    private static TaskContext Context()
    {
        static ErrorResponse Fail(in ErrorContext context) => ErrorResponse.Fail;
        var id = new TaskId(0, 1);
        return new TaskContext
        {
            TaskId = id,
            ApplicationId = "app",
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
            Collector = new RecordCollector(new FakeProducer(2), new SentResults()),
            Errors = new ErrorPolicy(Fail, Fail, Fail, deadLetterTopic: null),
            Metrics = new TaskMetrics(Unheard.Meter(), id),
            Budget = new CacheBudget(1_000_000, long.MaxValue),
        };
    }

    private sealed class TallyBuilder(string name) : StoreBuilder<Tally>(name)
    {
        protected override Tally Build(StoreSetup setup) => new(Name);
    }

    /// <summary>Counts names; written against what is public.</summary>
    private sealed class Tally(string name) : StateStore(name)
    {
        private readonly Dictionary<string, long> _counts = [];
        private readonly HashSet<string> _dirty = [];
        private StateStoreContext? _context;

        public override bool IsDirty => _dirty.Count > 0;

        public override void Open(StateStoreContext context) => _context = context;

        public void Add(string counted)
        {
            _counts[counted] = _counts.GetValueOrDefault(counted) + 1;
            _dirty.Add(counted);
        }

        public override void Flush()
        {
            var value = new byte[sizeof(long)];
            foreach (var counted in _dirty)
            {
                BinaryPrimitives.WriteInt64BigEndian(value, _counts[counted]);
                _context!.Batch.Put(_context.Index, Encoding.UTF8.GetBytes(counted), value);
            }

            _dirty.Clear();
        }

        public override void Rollback() => _dirty.Clear();

        public override void Committed()
        {
        }

        public override void Restore(in Clients.ByteRecord record, Headers? headers, StoreBatch batch) =>
            batch.Put(_context!.Index, record.Key, record.Value);

        public override StoreView View(StoreIdentity store) => new TallyView(store);
    }

    private sealed class TallyView(StoreIdentity store) : StoreView(store)
    {
        public long Count(string counted)
        {
            var value = new ArrayBufferWriter<byte>();
            return Bytes.TryGet(Encoding.UTF8.GetBytes(counted), value) ? BinaryPrimitives.ReadInt64BigEndian(value.WrittenSpan) : 0;
        }

        public List<long> All()
        {
            var all = new List<long>();
            using var iterator = Bytes.Range(default, default);
            while (iterator.MoveNext())
            {
                all.Add(BinaryPrimitives.ReadInt64BigEndian(iterator.Value));
            }

            return all;
        }
    }
}
