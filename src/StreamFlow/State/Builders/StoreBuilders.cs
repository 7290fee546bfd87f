using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Describes a key-value store.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
/// <example><code>new KeyValueStoreBuilder&lt;string, long&gt;("counts") { StoreType = StoreType.InMemory }</code></example>
public sealed class KeyValueStoreBuilder<TKey, TValue> : TypedStoreBuilder<IKeyValueStore<TKey, TValue>, TKey, TValue>
{
    /// <summary>Begins the description of a store.</summary>
    /// <param name="name">Name of the store.</param>
    public KeyValueStoreBuilder(string name)
        : this(name, null, null)
    {
    }

    internal KeyValueStoreBuilder(string name, SerdeSource<TKey>? keys, SerdeSource<TValue>? values)
        : base(name, keys, values)
    {
    }

    /// <summary>Whether the timestamp of each value is kept with it; tables and aggregations do.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool KeepsTimestamps { get; init; } = true;

    private protected override IKeyValueStore<TKey, TValue> Build(ISerde<TKey> keys, ISerde<TValue> values) =>
        new KeyValueStore<TKey, TValue>(Name, keys, values, KeepsTimestamps);

    private protected override StoreShape Shape => new()
    {
        Kind = "a key-value store",
        Layout = KeepsTimestamps ? StoreFormat.Timestamped : StoreFormat.Plain,
    };
}

/// <summary>
/// Describes a key-value store of a number of keys: when one more is written, the one that was read or written longest ago is
/// deleted, from the changelog too. After a restart keys count as used in the order of their bytes.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
/// <example><code>new LruStoreBuilder&lt;string, Customer&gt;("recent-customers", 1000)</code></example>
public sealed class LruStoreBuilder<TKey, TValue> : TypedStoreBuilder<IKeyValueStore<TKey, TValue>, TKey, TValue>
{
    private readonly int _maxCount;

    /// <summary>Begins the description of a store.</summary>
    /// <param name="name">Name of the store.</param>
    /// <param name="maxCount">How many keys a task keeps, 1 at least.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    public LruStoreBuilder(string name, int maxCount)
        : base(name, null, null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxCount, 1);
        _maxCount = maxCount;
    }

    /// <summary>Whether the timestamp of each value is kept with it.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool KeepsTimestamps { get; init; } = true;

    private protected override IKeyValueStore<TKey, TValue> Build(ISerde<TKey> keys, ISerde<TValue> values) =>
        new LruStore<TKey, TValue>(Name, keys, values, KeepsTimestamps, _maxCount);

    private protected override StoreShape Shape => new()
    {
        Kind = "the keys used last",
        Layout = KeepsTimestamps ? StoreFormat.Timestamped : StoreFormat.Plain,
    };
}

/// <summary>Describes a window store.</summary>
/// <typeparam name="TKey">Type of the record keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed class WindowStoreBuilder<TKey, TValue> : TypedStoreBuilder<IWindowStore<TKey, TValue>, TKey, TValue>
{
    private readonly long _windowSizeMs;
    private readonly long _retentionMs;

    /// <summary>Begins the description of a store.</summary>
    /// <param name="name">Name of the store.</param>
    /// <param name="windowSize">Length of the windows, a millisecond at least.</param>
    /// <param name="retention">How long behind the latest start a window is kept; at least the length of the windows.</param>
    /// <exception cref="ArgumentException">A time is too short; the message says which.</exception>
    public WindowStoreBuilder(string name, TimeSpan windowSize, TimeSpan retention)
        : base(name, null, null) =>
        (_windowSizeMs, _retentionMs) = StoreTimes.Windows(name, windowSize, retention);

    internal WindowStoreBuilder(
        string name, SerdeSource<TKey>? keys, SerdeSource<TValue>? values, long windowSizeMs, long retentionMs)
        : base(name, keys, values) =>
        (_windowSizeMs, _retentionMs) = (windowSizeMs, retentionMs);

    /// <summary>Whether the timestamp of each value is kept with it; aggregations do.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool KeepsTimestamps { get; init; } = true;

    /// <summary>Whether several values of one key and start are kept, side by side; joins of streams do.</summary>
    /// <value>Default: <see langword="false"/>: the last one replaces those before.</value>
    public bool KeepsDuplicates { get; init; }

    internal override bool Expires => true;

    /// <summary>What the windows are, for messages and as part of what the store is; null for windows of the size.</summary>
    internal string? WindowKind { get; init; }

    /// <inheritdoc cref="SegmentedStore{TKey, TRecordKey, TValue}.KeepsObservedTime"/>
    internal bool KeepsObservedTime { get; init; }

    /// <summary>Whether the headers of each record are kept with its value, and go into the changelog.</summary>
    internal bool KeepsHeaders { get; init; }

    private StoreFormat Layout => (KeepsTimestamps, KeepsHeaders) switch
    {
        (true, true) => StoreFormat.Headers,
        (false, true) => StoreFormat.HeadersOnly,
        (true, false) => StoreFormat.Timestamped,
        _ => StoreFormat.Plain,
    };

    private protected override IWindowStore<TKey, TValue> Build(ISerde<TKey> keys, ISerde<TValue> values) =>
        new WindowStore<TKey, TValue>(Name, keys, values, Layout, _windowSizeMs, _retentionMs, KeepsDuplicates)
        {
            KeepsObservedTime = KeepsObservedTime,
        };

    private protected override StoreShape Shape =>
        StoreShape.Windows(_windowSizeMs, _retentionMs, KeepsDuplicates, WindowKind) with { Layout = Layout };
}

/// <summary>Describes a session store.</summary>
/// <typeparam name="TKey">Type of the record keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed class SessionStoreBuilder<TKey, TValue> : TypedStoreBuilder<ISessionStore<TKey, TValue>, TKey, TValue>
{
    private readonly long _retentionMs;

    /// <summary>Begins the description of a store.</summary>
    /// <param name="name">Name of the store.</param>
    /// <param name="retention">How long behind the latest end a session is kept, a millisecond at least.</param>
    /// <exception cref="ArgumentException">The retention is too short.</exception>
    public SessionStoreBuilder(string name, TimeSpan retention)
        : this(name, null, null, StoreTimes.Positive(name, retention, nameof(retention)))
    {
    }

    internal SessionStoreBuilder(string name, SerdeSource<TKey>? keys, SerdeSource<TValue>? values, long retentionMs)
        : base(name, keys, values) =>
        _retentionMs = retentionMs;

    internal override bool Expires => true;

    /// <summary>What the sessions are, for messages and as part of what the store is; null for sessions of any kind.</summary>
    internal string? SessionKind { get; init; }

    /// <inheritdoc cref="SegmentedStore{TKey, TRecordKey, TValue}.KeepsObservedTime"/>
    internal bool KeepsObservedTime { get; init; }

    private protected override ISessionStore<TKey, TValue> Build(ISerde<TKey> keys, ISerde<TValue> values) =>
        new SessionStore<TKey, TValue>(Name, keys, values, _retentionMs) { KeepsObservedTime = KeepsObservedTime };

    private protected override StoreShape Shape => StoreShape.Sessions(_retentionMs, SessionKind);
}

/// <summary>Describes a time-ordered buffer.</summary>
internal sealed class TimeOrderedBufferBuilder<TKey, TValue>(string name)
    : TypedStoreBuilder<TimeOrderedBuffer<TKey, TValue>, TKey, TValue>(name, null, null)
{
    private protected override TimeOrderedBuffer<TKey, TValue> Build(ISerde<TKey> keys, ISerde<TValue> values) =>
        new(Name, keys, values);

    private protected override StoreShape Shape => new() { Kind = "a buffer in the order of time" };
}
