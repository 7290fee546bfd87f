using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow;

/// <summary>
/// What a processor works with, but for forwarding. Used by the task's thread alone, between <c>Init</c> and <c>Close</c>.
/// </summary>
public abstract class ProcessingContext
{
    private readonly ProcessorHost _host;

    private protected ProcessingContext(ProcessorHost host) => _host = host;

    private protected ProcessorHost Host => _host;

    /// <summary>Id of the application.</summary>
    public string ApplicationId => _host.ApplicationId;

    /// <summary>The task: which partition of which sub-topology.</summary>
    public TaskId TaskId => _host.TaskId;

    /// <summary>
    /// Topic, partition and offset of the input record that what happens now is due to; <see langword="null"/> where there
    /// is none, as in a punctuation and in <c>Init</c>.
    /// </summary>
    public RecordPosition? RecordMetadata => _host.Record;

    /// <summary>
    /// Stream time of the task: the largest event time it has taken from its inputs, in milliseconds since
    /// 1970-01-01T00:00Z; -1 before the first record.
    /// </summary>
    public long CurrentStreamTimeMs => _host.StreamTime;

    /// <summary>The time of day, in milliseconds since 1970-01-01T00:00Z.</summary>
    public long CurrentSystemTimeMs => _host.SystemTime;

    /// <summary>
    /// A state store: one that is connected to the processor, or a global one, to be read. It stays the same until
    /// <c>Close</c>, so look it up once, in <c>Init</c>.
    /// </summary>
    /// <typeparam name="TStore">
    /// What it is used as: <see cref="IKeyValueStore{TKey, TValue}"/> and its like, or the class of a store of your own; a global
    /// one <see cref="IReadOnlyKeyValueStore{TKey, TValue}"/>.
    /// </typeparam>
    /// <param name="name">Name of the store.</param>
    /// <returns>The store.</returns>
    /// <exception cref="StreamsException">It is not connected to the processor, or another kind of store; no handler is asked.</exception>
    public TStore GetStateStore<TStore>(string name)
        where TStore : class
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var store = _host.Store(name);
        return store as TStore
            ?? throw new StreamsException(store is StoreView
                ? $"Processor {_host.Name} asks for the global store '{name}' as {typeof(TStore)}, which it is not. Global stores can only be "
                    + "read: ask for IReadOnlyKeyValueStore, with the same key and value types."
                : $"Processor {_host.Name} asks for store '{name}' as {typeof(TStore)}, which it is not: it is a {store.GetType()}. "
                    + "Ask for the type that its builder describes, with the same key and value types.");
    }

    /// <summary>
    /// Has a function called again and again, between records, on the task's thread. By stream time first with the first
    /// record, then at the multiples of the interval; by the time of day first when the interval is over. Several points
    /// that have passed are one call. What the function throws goes to the processing error handler.
    /// </summary>
    /// <param name="interval">From one point to the next, at least a millisecond.</param>
    /// <param name="type">The clock.</param>
    /// <param name="punctuator">Gets the time that it is by that clock, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="startTime">
    /// Calls come at this time plus multiples of the interval, the first one not before it; <see langword="null"/> for the
    /// points above.
    /// </param>
    /// <returns>What cancels it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The interval is below a millisecond, or the start before 1970.</exception>
    /// <example><code>context.Schedule(TimeSpan.FromMinutes(1), PunctuationType.StreamTime, time => Flush(time))</code></example>
    public Cancellable Schedule(
        TimeSpan interval, PunctuationType type, Action<long> punctuator, DateTimeOffset? startTime = null)
    {
        ArgumentNullException.ThrowIfNull(punctuator);
        return _host.Schedule(interval, type, punctuator, startTime);
    }

    /// <summary>Asks for a commit soon, of all tasks of the thread; it is not done when the call returns.</summary>
    public void Commit() => _host.Commit();
}

/// <summary>What a processor works with.</summary>
/// <typeparam name="TKey">Type of the keys it forwards.</typeparam>
/// <typeparam name="TValue">Type of the values it forwards.</typeparam>
public sealed class ProcessorContext<TKey, TValue> : ProcessingContext
{
    private readonly Forwarder<TKey, TValue> _forwarder;

    internal ProcessorContext(ProcessorHost host, Forwarder<TKey, TValue> forwarder)
        : base(host) => _forwarder = forwarder;

    /// <summary>
    /// Hands a record to all children, one after the other in the order in which they were described; each has processed it,
    /// with all that comes behind, when the call returns.
    /// </summary>
    /// <param name="record">The record; its timestamp must not be negative.</param>
    /// <exception cref="ArgumentException">The timestamp is negative.</exception>
    /// <exception cref="InvalidOperationException">
    /// Neither a record nor a punctuation of the processor is being processed, or by another thread.
    /// </exception>
    public void Forward(in Record<TKey, TValue> record) => _forwarder.Forward(in record);

    /// <summary>Hands a record to one child.</summary>
    /// <param name="record">The record; its timestamp must not be negative.</param>
    /// <param name="childName">Name of the child.</param>
    /// <exception cref="StreamsException">There is no such child; no handler is asked.</exception>
    /// <inheritdoc cref="Forward(in Record{TKey, TValue})" path="/exception"/>
    public void Forward(in Record<TKey, TValue> record, string childName)
    {
        ArgumentException.ThrowIfNullOrEmpty(childName);
        _forwarder.Forward(in record, childName);
    }

    internal FixedKeyProcessorContext<TKey, TValue> WithFixedKeys() => new(Host, _forwarder);
}

/// <summary>What a processor works with that cannot change keys.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values it forwards.</typeparam>
public sealed class FixedKeyProcessorContext<TKey, TValue> : ProcessingContext
{
    private readonly Forwarder<TKey, TValue> _forwarder;

    internal FixedKeyProcessorContext(ProcessorHost host, Forwarder<TKey, TValue> forwarder)
        : base(host) => _forwarder = forwarder;

    /// <inheritdoc cref="ProcessorContext{TKey, TValue}.Forward(in Record{TKey, TValue})"/>
    public void Forward(in FixedKeyRecord<TKey, TValue> record) => _forwarder.Forward(record.Record);

    /// <inheritdoc cref="ProcessorContext{TKey, TValue}.Forward(in Record{TKey, TValue}, string)"/>
    public void Forward(in FixedKeyRecord<TKey, TValue> record, string childName)
    {
        ArgumentException.ThrowIfNullOrEmpty(childName);
        _forwarder.Forward(record.Record, childName);
    }
}
