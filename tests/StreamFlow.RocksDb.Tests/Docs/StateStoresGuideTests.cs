using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.RocksDb.Tests.Docs;

/// <summary>The snippets of docs/guide/state-stores.md. In this folder what is experimental does not compile.</summary>
public sealed class StateStoresGuideTests
{
    [Fact]
    public async Task On_disk_without_a_host()
    {
        using var folder = new TempFolder();
        var clients = WordsKafka.Create();
        var options = new StreamFlowOptions { ApplicationId = "words", StateDirectory = folder.Path, CommitInterval = TimeSpan.FromMilliseconds(50) };
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("words").GroupByKey().Count(new() { Name = "counts" });
        var topology = builder.Build();
        var tuned = Tuned();

        var services = new StreamsServices { StoreBackend = new RocksDbBackendFactory() };
        await using var application = new StreamsApplication(topology, options, clients, services);
        await application.StartAsync();
        Assert.True(SpinWait.SpinUntil(() => WordsKafka.IsCounted(clients) || application.Completion.IsCompleted, TimeSpan.FromSeconds(60)));
        await application.StopAsync();
        Assert.True(WordsKafka.IsCounted(clients));

        var database = Assert.Single(Directory.GetDirectories(folder.Path, "rocksdb", SearchOption.AllDirectories));
        Assert.Contains("counts", string.Concat(OptionsFile.Read(database).Families), StringComparison.Ordinal);
        Assert.Equal(64 << 20, tuned.Stores["counts"].MemtableBytes);
        Assert.NotNull(new RocksDbBackendFactory(tuned));
    }

    [Fact]
    public void Waiting_values_come_in_their_order()
    {
        var builder = new StreamsBuilder();
        builder.AddStateStore(new ListStoreBuilder<string, string>("waiting"));
        builder.Stream<string, string>("in").Process(() => new Matcher(), new() { StoreNames = ["waiting"] }).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        foreach (var value in new[] { "b", "a", "release", "c" })
        {
            input.Pipe("k", value, 1L);
        }

        var output = driver.CreateOutputTopic("out", Serdes.String, Serdes.String);
        Assert.Equal(["b", "a"], output.ReadAll().Select(record => record.Value));
        Assert.Equal(["c"], driver.GetListStore<string, string>("waiting").Get("k"));
    }

    [Fact]
    public void Windows_are_read_by_ranges_of_keys()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero)).Count(new() { Name = "counts" });
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        foreach (var key in new[] { "e", "a", "b", "d", "ca" })
        {
            input.Pipe(key, "v", 1L);
        }

        var (from, to) = (0L, 1_000L);
        var store = driver.GetWindowStore<string, long>("counts");

        var named = store.Fetch(KeyRange.Between("a", "c"), from, to);
        var later = store.Fetch(KeyRange.From("d"), from, to, reverse: true);
        var whole = store.Fetch(KeyRange.All<string>(), from, to);

        Assert.Equal(["a", "b"], named.Select(row => row.Key.Key));
        Assert.Equal(["e", "d"], later.Select(row => row.Key.Key));
        Assert.Equal(5, whole.Count());
    }

    public sealed class Matcher : ContextualProcessor<string, string, string, string>
    {
        private IListStore<string, string> _waiting = null!;

        public override void Init(ProcessorContext<string, string> context)
        {
            base.Init(context);
            _waiting = context.GetStateStore<IListStore<string, string>>("waiting");
        }

        public override void Process(Record<string, string> record)
        {
            if (record.Value != "release")
            {
                _waiting.Add(record.Key, record.Value, record.Timestamp);
                return;
            }

            foreach (var value in _waiting.Get(record.Key))
            {
                Context.Forward(record.WithValue(value));
            }

            _waiting.Delete(record.Key, record.Timestamp);
        }
    }

    private static RocksDbOptions Tuned()
    {
        var tuning = new RocksDbOptions
        {
            BlockCacheBytes = 512L << 20,
            Options = "bytes_per_sync=1M;block_based_table_factory={format_version=6}",
            Stores =
            {
                ["counts"] = new() { MemtableBytes = 64 << 20, Options = "compaction_style=kCompactionStyleUniversal" },
            },
        };
        return tuning;
    }
}
