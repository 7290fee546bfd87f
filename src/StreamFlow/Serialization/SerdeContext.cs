namespace StreamFlow.Serialization;

/// <summary>
/// A place where a serde is used: a topic, its keys or its values. Sources, sinks and repartition topics have one each; a
/// store has one with the name of its changelog topic, whether it is logged or not, as in Kafka Streams.
/// </summary>
/// <remarks>
/// There is one for each task, used by one thread; only a store's may be used by threads that query it, and it has no
/// headers. <see cref="ISerde{T}.For"/> gets it.
/// </remarks>
public sealed class SerdeContext
{
    private readonly RecordHeaders? _headers;

    /// <summary>Creates a place of a record to be written, for tests of a serde.</summary>
    /// <param name="topic">Name of the topic.</param>
    /// <param name="isKey">Whether it is for the keys, else for the values.</param>
    /// <param name="headers">Headers the record has already, or <see langword="null"/> for none.</param>
    public SerdeContext(string topic, bool isKey, Headers? headers = null)
        : this(topic, isKey, new RecordHeaders { Current = headers, AreWritable = true }) =>
        ArgumentException.ThrowIfNullOrEmpty(topic);

    internal SerdeContext(string topic, bool isKey, RecordHeaders? headers)
    {
        Topic = topic;
        IsKey = isKey;
        _headers = headers;
    }

    /// <summary>Full name of the topic; of a repartition or changelog topic with the application id.</summary>
    public string Topic { get; }

    /// <summary>Whether the serde is for the keys there, else for the values.</summary>
    public bool IsKey { get; }

    /// <summary>
    /// Whether records have headers here. Those of a store have none: what a serde needs to read a value again must be in
    /// its bytes.
    /// </summary>
    public bool HasHeaders => _headers is not null;

    /// <summary>
    /// Headers of the record that is serialized or deserialized now; empty when it has none. Valid during the call.
    /// </summary>
    public Headers Headers => _headers?.Current ?? Headers.Empty;

    /// <summary>
    /// Adds a header to the record that is serialized now, behind those it has; the key is serialized before the value. Other
    /// records made of the same one do not get it.
    /// </summary>
    /// <param name="name">Name of the header.</param>
    /// <param name="value">Its bytes, or <see langword="null"/>.</param>
    /// <exception cref="InvalidOperationException">The record is read, or it is a store's.</exception>
    public void AddHeader(string name, byte[]? value)
    {
        if (_headers is not { AreWritable: true })
        {
            throw new InvalidOperationException(
                _headers is null
                    ? $"A store keeps no headers, so header '{name}' cannot be added for {Topic}: write into the bytes what is "
                    + "needed to read them (HasHeaders tells)."
                    : $"A record of {Topic} is being read, so header '{name}' cannot be added: add it in Serialize.");
        }

        _headers.Current = Headers.With(name, value);
    }
}

/// <summary>The headers of the record at hand, shared by the contexts of its key and its value.</summary>
internal sealed class RecordHeaders
{
    public Headers? Current { get; set; }

    public bool AreWritable { get; init; }
}

/// <summary>
/// The serdes of one topic, in one task. Serdes that look at no context are used as they are, and then nothing is done for
/// headers either.
/// </summary>
internal sealed class TopicSerdes<TKey, TValue>
{
    private readonly RecordHeaders? _headers;

    /// <param name="topic">Full name of the topic.</param>
    /// <param name="keys">Serde of the keys, as the user gave it.</param>
    /// <param name="values">Serde of the values.</param>
    /// <param name="writes">Whether records are written, else read.</param>
    public TopicSerdes(string topic, ISerde<TKey> keys, ISerde<TValue> values, bool writes)
    {
        var headers = new RecordHeaders { AreWritable = writes };
        Topic = topic;
        Keys = keys.For(new SerdeContext(topic, isKey: true, headers));
        Values = values.For(new SerdeContext(topic, isKey: false, headers));
        _headers = ReferenceEquals(Keys, keys) && ReferenceEquals(Values, values) ? null : headers;
    }

    public string Topic { get; }

    public ISerde<TKey> Keys { get; }

    public ISerde<TValue> Values { get; }

    /// <summary>Shows the headers of the next record to the serdes that want to see them.</summary>
    public void Show(Headers? headers)
    {
        if (_headers is not null)
        {
            _headers.Current = headers;
        }
    }

    /// <summary>The headers of a record that was written, with those its serdes have added.</summary>
    public Headers? Written(Headers? headers) => _headers is null ? headers : _headers.Current;
}

/// <summary>Serdes of stores.</summary>
internal static class StoreSerdes
{
    /// <summary>A serde for the keys or the values of a store.</summary>
    /// <param name="serde">The serde, as the user gave it.</param>
    /// <param name="changelog">Full name of the store's changelog topic.</param>
    /// <param name="isKey">Whether it is for the keys.</param>
    public static ISerde<T> ForStore<T>(this ISerde<T> serde, string changelog, bool isKey) =>
        serde.For(new SerdeContext(changelog, isKey, default(RecordHeaders)));
}
