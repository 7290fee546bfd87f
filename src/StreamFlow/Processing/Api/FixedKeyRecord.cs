namespace StreamFlow;

/// <summary>A record whose key stays as it is: it is made by StreamFlow and can be given other values, times and headers.</summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public readonly record struct FixedKeyRecord<TKey, TValue>
{
    private readonly Record<TKey, TValue> _record;

    internal FixedKeyRecord(in Record<TKey, TValue> record) => _record = record;

    /// <summary>The key; <c>default</c> when <see cref="HasKey"/> is false.</summary>
    public TKey Key => _record.Key;

    /// <summary>The value; <c>default</c> when <see cref="HasValue"/> is false.</summary>
    public TValue Value => _record.Value;

    /// <summary>Event time in milliseconds since 1970-01-01T00:00Z.</summary>
    public long Timestamp => _record.Timestamp;

    /// <summary>Headers; <see langword="null"/> when the record has none.</summary>
    public Headers? Headers => _record.Headers;

    /// <summary>Whether the record has a key.</summary>
    public bool HasKey => _record.HasKey;

    /// <summary>Whether the record has a value; a record without one is a tombstone.</summary>
    public bool HasValue => _record.HasValue;

    internal Record<TKey, TValue> Record => _record;

    /// <inheritdoc cref="Record{TKey, TValue}.WithValue{TNewValue}"/>
    public FixedKeyRecord<TKey, TNewValue> WithValue<TNewValue>(TNewValue value) => new(_record.WithValue(value));

    /// <inheritdoc cref="Record{TKey, TValue}.WithoutValue{TNewValue}"/>
    public FixedKeyRecord<TKey, TNewValue> WithoutValue<TNewValue>() => new(_record.WithoutValue<TNewValue>());

    /// <inheritdoc cref="Record{TKey, TValue}.WithTimestamp"/>
    public FixedKeyRecord<TKey, TValue> WithTimestamp(long timestamp) => new(_record.WithTimestamp(timestamp));

    /// <inheritdoc cref="Record{TKey, TValue}.WithHeaders"/>
    public FixedKeyRecord<TKey, TValue> WithHeaders(Headers? headers) => new(_record.WithHeaders(headers));
}
