using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Testing.Mocks;

/// <summary>What a processor finds in place of a task.</summary>
internal sealed class MockHost : ProcessorHost
{
    private readonly Dictionary<string, StateStore> _stores = new(StringComparer.Ordinal);
    private readonly List<CapturedPunctuation> _scheduled = [];

    public SerdeRegistry Serdes { get; } = new();

    public string Id { get; set; } = "mock";

    public TaskId Task { get; set; }

    public RecordPosition? Position { get; set; }

    public long Stream { get; set; } = -1;

    public long System { get; set; }

    public bool IsCommitRequested { get; set; }

    public IReadOnlyList<CapturedPunctuation> Scheduled => _scheduled;

    public override string Name => "under test";

    public override string ApplicationId => Id;

    public override TaskId TaskId => Task;

    public override RecordPosition? Record => Position;

    public override long StreamTime => Stream;

    public override long SystemTime => System;

    public StateStore Add(StoreBuilder builder)
    {
        if (_stores.ContainsKey(builder.Name))
        {
            throw new ArgumentException($"There is a store '{builder.Name}' already.", nameof(builder));
        }

        var store = builder.Create(new StoreSetup(builder.Name, builder.Name + "-changelog", Serdes));
        var backend = new InMemoryBackend([builder.Name]);
        store.Open(new StateStoreContext
        {
            Bytes = backend.Stores[0],
            Index = 0,
            Batch = new StoreBatch(),
            Dropped = _ => { },
        });
        store.Restored();
        _stores.Add(builder.Name, store);
        return store;
    }

    public override object Store(string name) =>
        _stores.TryGetValue(name, out var store)
            ? store
            : throw new StreamsException(
                $"The processor asks for store '{name}', which there is not. Add it by AddStateStore before Init.");

    public override Cancellable Schedule(
        TimeSpan interval, PunctuationType type, Action<long> punctuator, DateTimeOffset? start)
    {
        Punctuations.Check(interval, start);
        var punctuation = new MockPunctuation();
        _scheduled.Add(new CapturedPunctuation(interval, type, start, punctuator, punctuation));
        return punctuation;
    }

    public override void Commit() => IsCommitRequested = true;

    private sealed class MockPunctuation : Cancellable;
}

/// <summary>Keeps what a processor forwards.</summary>
internal sealed class MockForwarder<TKey, TValue> : Forwarder<TKey, TValue>
{
    private readonly List<CapturedForward<TKey, TValue>> _forwarded = [];

    public IReadOnlyList<CapturedForward<TKey, TValue>> Forwarded => _forwarded;

    public override void Forward(in Record<TKey, TValue> record) => Keep(in record, null);

    public override void Forward(in Record<TKey, TValue> record, string child) => Keep(in record, child);

    public void Forget() => _forwarded.Clear();

    private void Keep(in Record<TKey, TValue> record, string? child)
    {
        CheckTime(in record);
        _forwarded.Add(new CapturedForward<TKey, TValue>(record, child));
    }
}
