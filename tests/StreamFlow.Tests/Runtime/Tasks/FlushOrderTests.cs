using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Runtime;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Tests.Dsl;

namespace StreamFlow.Tests.Runtime;

/// <summary>The stores of a task are flushed until none has anything to flush, whatever they write to each other.</summary>
public sealed class FlushOrderTests : IDisposable
{
    private readonly FakeProducer _producer = new(1);
    private readonly InMemoryBackend _backend = new(["first", "second"]);
    private readonly TaskStores _stores;

    public FlushOrderTests()
    {
        var task = new TaskContext
        {
            TaskId = new TaskId(0, 0),
            ApplicationId = "app",
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
            Collector = new RecordCollector(_producer, new SentResults()),
            Errors = new ErrorPolicy(Fail, Fail, Fail, deadLetterTopic: null),
            Metrics = new TaskMetrics(Unheard.Meter(), new TaskId(0, 0)),
            Budget = new CacheBudget(1_000_000, long.MaxValue),
        };
        _stores = TaskStores.Open([Define("first"), Define("second")], task, (_, _) => _backend);
    }

    private KeyValueStore<string, long> First => (KeyValueStore<string, long>)_stores.All[0].Store;

    private KeyValueStore<string, long> Second => (KeyValueStore<string, long>)_stores.All[1].Store;

    public void Dispose()
    {
        _stores.Dispose();
        _producer.Dispose();
    }

    [Fact]
    public void A_store_that_is_written_after_its_turn_is_flushed_too()
    {
        Second.FlushListener = new Writer((key, value) => Write(First, key, value + 1));
        Write(Second, "k", 1);
        _stores.Flush();
        _stores.Apply([]);

        Assert.Equal(["app-second-changelog k", "app-first-changelog k"], Logged());
        Assert.True(First.TryGet("k", out var value));
        Assert.Equal(2, value);
    }

    [Fact]
    public void Stores_that_write_to_each_other_are_flushed_until_they_are_at_rest()
    {
        First.FlushListener = new Writer((key, value) => Write(Second, key, value - 1));
        Second.FlushListener = new Writer((key, value) =>
        {
            if (value > 0)
            {
                Write(First, key, value - 1);
            }
        });
        Write(First, "k", 10);
        _stores.Flush();
        _stores.Apply([]);

        Assert.Equal(12, _producer.Count);
        Assert.True(Second.TryGet("k", out var value));
        Assert.Equal(-1, value);
    }

    [Fact]
    public void Stores_that_never_come_to_rest_are_named()
    {
        First.FlushListener = new Writer((key, value) => Write(Second, key, value));
        Second.FlushListener = new Writer((key, value) => Write(First, key, value));
        Write(First, "k", 1);

        var error = Assert.Throws<StreamsException>(_stores.Flush);

        Assert.StartsWith("The stores 'first' are written anew each time", error.Message, StringComparison.Ordinal);
    }

    private static void Write(KeyValueStore<string, long> store, string key, long value) =>
        store.Set(ref store.Find(key), value, hasValue: true, timestamp: 1, headers: null);

    private static StoreDefinition Define(string name) => new()
    {
        Name = name,
        IsPersistent = false,
        IsLogged = true,
        ChangelogConfigs = new Dictionary<string, string>(),
        Create = _ => new KeyValueStore<string, long>(name, Serdes.String, Serdes.Int64, timestamped: true),
    };

    private static ErrorResponse Fail(in ErrorContext context) => ErrorResponse.Fail;

    private IEnumerable<string> Logged() =>
        _producer.Records.Select(r => $"{r.Topic} {System.Text.Encoding.UTF8.GetString(r.Key!)}");

    private sealed class Writer(Action<string, long> write) : FlushListener<string, long>
    {
        public override void Flushed(in string key, in Change<long> change, long timestamp, Headers? headers) =>
            write(key, change.New);
    }
}
