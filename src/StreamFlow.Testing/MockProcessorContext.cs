using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing.Mocks;

namespace StreamFlow.Testing;

/// <summary>
/// Stands in for a task in a unit test of one processor: hand <see cref="Context"/> (or <see cref="FixedKeyContext"/>) to its
/// <c>Init</c>, call its <c>Process</c>, and look at what it forwarded, scheduled and wrote to its stores. Nothing else runs: no
/// topology, no error handlers, no commit. A whole topology is tested by <see cref="TopologyTestDriver"/>.
/// </summary>
/// <typeparam name="TKey">Type of the keys it forwards.</typeparam>
/// <typeparam name="TValue">Type of the values it forwards.</typeparam>
/// <example><code>
/// var mock = new MockProcessorContext&lt;string, string&gt; { CurrentStreamTimeMs = 5 };
/// var seen = mock.AddStateStore(new KeyValueStoreBuilder&lt;string, long&gt;("seen"));
/// var processor = new Deduplicate();
/// processor.Init(mock.Context);
/// processor.Process(new Record&lt;string, string&gt;("k", "v", 5));
/// Assert.Equal("v", mock.Forwarded.Single().Record.Value);
/// </code></example>
public sealed class MockProcessorContext<TKey, TValue>
{
    private readonly MockHost _host = new();
    private readonly MockForwarder<TKey, TValue> _forwarder = new();

    /// <summary>Creates it, with the application id <c>mock</c>, the task 0_0 and no record at hand.</summary>
    public MockProcessorContext()
    {
        Context = new ProcessorContext<TKey, TValue>(_host, _forwarder);
        FixedKeyContext = new FixedKeyProcessorContext<TKey, TValue>(_host, _forwarder);
    }

    /// <summary>What the processor's <c>Init</c> gets.</summary>
    public ProcessorContext<TKey, TValue> Context { get; }

    /// <summary>What the <c>Init</c> of a processor gets that cannot change keys.</summary>
    public FixedKeyProcessorContext<TKey, TValue> FixedKeyContext { get; }

    /// <summary>Serdes of stores whose builders are given none.</summary>
    public SerdeRegistry Serdes => _host.Serdes;

    /// <summary>Id of the application that the processor sees.</summary>
    /// <value>Default: <c>mock</c>.</value>
    public string ApplicationId
    {
        get => _host.Id;
        set => _host.Id = value;
    }

    /// <summary>The task that the processor sees.</summary>
    /// <value>Default: 0_0.</value>
    public TaskId TaskId
    {
        get => _host.Task;
        set => _host.Task = value;
    }

    /// <summary>Where the input record comes from that the processor sees.</summary>
    /// <value>Default: <see langword="null"/>, from nowhere.</value>
    public RecordPosition? RecordMetadata
    {
        get => _host.Position;
        set => _host.Position = value;
    }

    /// <summary>The stream time that the processor sees.</summary>
    /// <value>Default: -1, before the first record.</value>
    public long CurrentStreamTimeMs
    {
        get => _host.Stream;
        set => _host.Stream = value;
    }

    /// <summary>The time of day that the processor sees, in milliseconds since 1970-01-01T00:00Z.</summary>
    /// <value>Default: 0.</value>
    public long CurrentSystemTimeMs
    {
        get => _host.System;
        set => _host.System = value;
    }

    /// <summary>What the processor has forwarded, in order.</summary>
    public IReadOnlyList<CapturedForward<TKey, TValue>> Forwarded => _forwarder.Forwarded;

    /// <summary>What the processor has scheduled, in order, cancelled ones included.</summary>
    public IReadOnlyList<CapturedPunctuation> Scheduled => _host.Scheduled;

    /// <summary>Whether the processor has asked for a commit.</summary>
    public bool IsCommitRequested => _host.IsCommitRequested;

    /// <summary>Forgets what was forwarded, and that a commit was asked for.</summary>
    public void Reset()
    {
        _forwarder.Forget();
        _host.IsCommitRequested = false;
    }

    /// <summary>
    /// Adds a store that the processor finds by its name. It is in memory, empty, has no changelog, and is never committed.
    /// </summary>
    /// <typeparam name="TStore">What the builder makes.</typeparam>
    /// <param name="store">What the store is to be.</param>
    /// <returns>The store, to fill it and to look at it.</returns>
    /// <exception cref="ArgumentException">There is a store of that name.</exception>
    public TStore AddStateStore<TStore>(StoreBuilder<TStore> store)
        where TStore : class
    {
        ArgumentNullException.ThrowIfNull(store);
        return (TStore)(object)_host.Add(store);
    }

    /// <summary>A record for the <c>Process</c> of a processor that cannot change keys; elsewhere only StreamFlow makes them.</summary>
    /// <typeparam name="TValueIn">Type of the value it takes.</typeparam>
    /// <param name="record">Key, value, time and headers.</param>
    /// <returns>The record.</returns>
    public FixedKeyRecord<TKey, TValueIn> FixedKeyRecord<TValueIn>(Record<TKey, TValueIn> record) => new(in record);
}
