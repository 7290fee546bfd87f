namespace StreamFlow;

/// <summary>
/// One record on its way through a topology: key, value, timestamp and headers. It is passed by reference (<c>in</c>)
/// from operator to operator and never boxed.
/// </summary>
/// <remarks>
/// A missing key or value is not the same as <c>default(T)</c>: a tombstone of <see cref="int"/> is not zero.
/// For reference types and <see cref="Nullable{T}"/>, <see langword="null"/> means missing; for other value types the record
/// carries a flag, which <see cref="HasKey"/> and <see cref="HasValue"/> report.
/// </remarks>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public readonly record struct Record<TKey, TValue>
{
    private readonly bool _keyMissing;
    private readonly bool _valueMissing;

    /// <summary>Creates a record whose key and value are present unless they are <see langword="null"/>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; <see langword="null"/> is a tombstone.</param>
    /// <param name="timestamp">Event time in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="headers">Headers, or <see langword="null"/> for none.</param>
    public Record(TKey key, TValue value, long timestamp, Headers? headers = null)
        : this(key, value, timestamp, headers, Missing.Is(key), Missing.Is(value))
    {
    }

    private Record(TKey key, TValue value, long timestamp, Headers? headers, bool keyMissing, bool valueMissing)
    {
        Key = key;
        Value = value;
        Timestamp = timestamp;
        Headers = headers;
        _keyMissing = keyMissing;
        _valueMissing = valueMissing;
    }

    /// <summary>The key; <c>default</c> when <see cref="HasKey"/> is false.</summary>
    public TKey Key { get; }

    /// <summary>The value; <c>default</c> when <see cref="HasValue"/> is false.</summary>
    public TValue Value { get; }

    /// <summary>Event time in milliseconds since 1970-01-01T00:00Z.</summary>
    public long Timestamp { get; }

    /// <summary>Headers; <see langword="null"/> when the record has none.</summary>
    public Headers? Headers { get; }

    /// <summary>Whether the record has a key.</summary>
    public bool HasKey => !_keyMissing;

    /// <summary>Whether the record has a value; a record without one is a tombstone.</summary>
    public bool HasValue => !_valueMissing;

    /// <summary>Creates a record from parts that may be missing, also where the type has no <see langword="null"/>.</summary>
    /// <param name="key">The key; ignored when <paramref name="hasKey"/> is false.</param>
    /// <param name="hasKey">Whether there is a key.</param>
    /// <param name="value">The value; ignored when <paramref name="hasValue"/> is false.</param>
    /// <param name="hasValue">Whether there is a value.</param>
    /// <param name="timestamp">Event time in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="headers">Headers, or <see langword="null"/> for none.</param>
    internal static Record<TKey, TValue> Create(
        TKey key, bool hasKey, TValue value, bool hasValue, long timestamp, Headers? headers) =>
        new(key, value, timestamp, headers, !hasKey, !hasValue);

    /// <summary>The same record with another key.</summary>
    /// <typeparam name="TNewKey">Type of the new key.</typeparam>
    /// <param name="key">The new key.</param>
    /// <returns>The changed copy.</returns>
    public Record<TNewKey, TValue> WithKey<TNewKey>(TNewKey key) =>
        new(key, Value, Timestamp, Headers, Missing.Is(key), _valueMissing);

    /// <summary>The same record with another value.</summary>
    /// <typeparam name="TNewValue">Type of the new value.</typeparam>
    /// <param name="value">The new value; <see langword="null"/> is a tombstone.</param>
    /// <returns>The changed copy.</returns>
    public Record<TKey, TNewValue> WithValue<TNewValue>(TNewValue value) =>
        new(Key, value, Timestamp, Headers, _keyMissing, Missing.Is(value));

    /// <summary>The same record as a tombstone, also of a value type that has no <see langword="null"/>.</summary>
    /// <typeparam name="TNewValue">Type of the missing value.</typeparam>
    /// <returns>The changed copy.</returns>
    public Record<TKey, TNewValue> WithoutValue<TNewValue>() =>
        new(Key, default!, Timestamp, Headers, _keyMissing, valueMissing: true);

    /// <summary>The same record with another timestamp.</summary>
    /// <param name="timestamp">Event time in milliseconds since 1970-01-01T00:00Z.</param>
    /// <returns>The changed copy.</returns>
    public Record<TKey, TValue> WithTimestamp(long timestamp) =>
        new(Key, Value, timestamp, Headers, _keyMissing, _valueMissing);

    /// <summary>The same record with other headers.</summary>
    /// <param name="headers">Headers, or <see langword="null"/> for none.</param>
    /// <returns>The changed copy.</returns>
    public Record<TKey, TValue> WithHeaders(Headers? headers) =>
        new(Key, Value, Timestamp, headers, _keyMissing, _valueMissing);
}

/// <summary>Makes records where the compiler can infer the types.</summary>
public static class Record
{
    /// <summary>A tombstone: a record with a key and no value, also for value types that have no <see langword="null"/>.</summary>
    /// <typeparam name="TKey">Type of the key.</typeparam>
    /// <typeparam name="TValue">Type of the missing value.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">Event time in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="headers">Headers, or <see langword="null"/> for none.</param>
    /// <returns>The tombstone.</returns>
    public static Record<TKey, TValue> Tombstone<TKey, TValue>(TKey key, long timestamp, Headers? headers = null) =>
        Record<TKey, TValue>.Create(key, key is not null, default!, hasValue: false, timestamp, headers);
}

/// <summary>Tells a missing key or value from a present one.</summary>
internal static class Missing
{
    /// <summary>
    /// Whether a value is null. The first test is constant per type and keeps value types from the second one, which
    /// boxes them in code that is not optimized.
    /// </summary>
    public static bool Is<T>(T value) => default(T) is null && value is null;
}
