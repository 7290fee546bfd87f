using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Describes a key-value store that keeps headers with its values.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
/// <param name="name">Name of the store.</param>
/// <example><code>new KeyValueStoreWithHeadersBuilder&lt;string, long&gt;("traced")</code></example>
public sealed class KeyValueStoreWithHeadersBuilder<TKey, TValue>(string name)
    : TypedStoreBuilder<IKeyValueStoreWithHeaders<TKey, TValue>, TKey, TValue>(name, null, null)
{
    private protected override IKeyValueStoreWithHeaders<TKey, TValue> Build(ISerde<TKey> keys, ISerde<TValue> values) =>
        new KeyValueStoreWithHeaders<TKey, TValue>(Name, keys, values);

    private protected override StoreShape Shape => new() { Kind = "a key-value store", Layout = StoreFormat.Headers };
}

/// <summary>Describes a window store that keeps timestamps and headers with its values.</summary>
/// <typeparam name="TKey">Type of the record keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
/// <example><code>
/// new WindowStoreWithHeadersBuilder&lt;string, long&gt;("traced", TimeSpan.FromMinutes(1), TimeSpan.FromHours(1))
/// </code></example>
public sealed class WindowStoreWithHeadersBuilder<TKey, TValue>
    : TypedStoreBuilder<IWindowStoreWithHeaders<TKey, TValue>, TKey, TValue>
{
    private readonly long _windowSizeMs;
    private readonly long _retentionMs;

    /// <summary>Begins the description of a store.</summary>
    /// <param name="name">Name of the store.</param>
    /// <param name="windowSize">Length of the windows, a millisecond at least.</param>
    /// <param name="retention">How long behind the latest start a window is kept; at least the length of the windows.</param>
    /// <exception cref="ArgumentException">A time is too short; the message says which.</exception>
    public WindowStoreWithHeadersBuilder(string name, TimeSpan windowSize, TimeSpan retention)
        : base(name, null, null) =>
        (_windowSizeMs, _retentionMs) = StoreTimes.Windows(name, windowSize, retention);

    /// <summary>Whether several values of one key and start are kept, side by side; joins of streams do.</summary>
    /// <value>Default: <see langword="false"/>: the last one replaces those before.</value>
    public bool KeepsDuplicates { get; init; }

    internal override bool Expires => true;

    private protected override IWindowStoreWithHeaders<TKey, TValue> Build(ISerde<TKey> keys, ISerde<TValue> values) =>
        new WindowStoreWithHeaders<TKey, TValue>(Name, keys, values, _windowSizeMs, _retentionMs, KeepsDuplicates);

    private protected override StoreShape Shape =>
        StoreShape.Windows(_windowSizeMs, _retentionMs, KeepsDuplicates) with { Layout = StoreFormat.Headers };
}

/// <summary>Describes a session store that keeps headers with its values.</summary>
/// <typeparam name="TKey">Type of the record keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
/// <example><code>new SessionStoreWithHeadersBuilder&lt;string, long&gt;("traced", TimeSpan.FromHours(1))</code></example>
public sealed class SessionStoreWithHeadersBuilder<TKey, TValue>
    : TypedStoreBuilder<ISessionStoreWithHeaders<TKey, TValue>, TKey, TValue>
{
    private readonly long _retentionMs;

    /// <summary>Begins the description of a store.</summary>
    /// <param name="name">Name of the store.</param>
    /// <param name="retention">How long behind the latest end a session is kept, a millisecond at least.</param>
    /// <exception cref="ArgumentException">The retention is too short.</exception>
    public SessionStoreWithHeadersBuilder(string name, TimeSpan retention)
        : base(name, null, null) =>
        _retentionMs = StoreTimes.Positive(name, retention, nameof(retention));

    internal override bool Expires => true;

    private protected override ISessionStoreWithHeaders<TKey, TValue> Build(ISerde<TKey> keys, ISerde<TValue> values) =>
        new SessionStoreWithHeaders<TKey, TValue>(Name, keys, values, _retentionMs);

    private protected override StoreShape Shape =>
        StoreShape.Sessions(_retentionMs) with { Layout = StoreFormat.HeadersOnly };
}
